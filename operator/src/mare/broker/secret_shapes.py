"""The URIs of a broker, from the shapes of Secrets that other tools write.

| shape | keys |
|---|---|
| Maré's own | `amqp-uri`, and `management-uri` or `prometheus-uri` |
| RabbitMQ's cluster operator | `connection_string`; `host`, `port`, `username`, `password` |
| Service Binding (servicebinding.io) | `uri`; `host`, `port`, `username`, `password`, `vhost` |
| any other, as of External Secrets | the keys that `brokerRef.uriKey` or `brokerRef.keys` name |

The address of the management API is derived from a foreign shape, unless the Secret has
`management-uri`, `prometheus-uri` or a key that `brokerRef.keys.managementUri` names: port 15672,
or 15671 with TLS, where Amazon MQ has it too. CloudAMQP has it on 443. It is derived from the
Secret alone: an object that named the address could send the credentials of the Secret to any host.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from mare.ports import AccessRefused

_OWN = "amqp-uri"
_URIS = ("connection_string", "uri")
_PARTS = ("host", "port", "username", "password", "vhost")
FOREIGN = (*_URIS, *_PARTS)
SHOWN_PARTS = {"host": ("host", "endpoint", "server", "addr"), "vhost": ("vhost", "virtual")}
"""Parts that status and log show, and what the name of their key has to contain: an object must not
show the password of a Secret that its author may not read."""
_CREDENTIALS = ("pass", "secret", "token", "cred", "user")
COMMON_KEYS: Mapping[str, str] = MappingProxyType({})
"""No key of a part is named: all have the common ones."""
_OVERRIDES = {"managementUri": "management-uri", "ca": "ca.crt"}
"""Names in `brokerRef.keys` that are no part of the AMQP URI, and the own key for each."""
_OTHER_SOURCES = ("management-uri", "prometheus-uri")
_HOST, _PORT = re.compile(r"[\w.-]{1,253}"), re.compile("[0-9]{1,5}")
_TLS_PORTS = {"5671", "443"}
_ON_443 = ".cloudamqp.com"


def own_shape(
    values: Mapping[str, str], uri_key: str | None, part_keys: Mapping[str, str] = COMMON_KEYS
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values of a Secret under the keys of Maré's own shape, and where they are from.

    The latter has, for errors, the key in the Secret of each value that had another one. A URI is
    not checked, a host and a port of which one is made are: raises `AccessRefused`.
    With `uri_key` no other key is taken for the AMQP URI; with a part of it in `part_keys` no key
    is. A part that these do not name has its common key.
    """
    found = {key: value for key, value in values.items() if key not in FOREIGN}
    keys: dict[str, str] = {}
    for name, key in _OVERRIDES.items():
        if name in part_keys:
            found[key], keys[key] = values[part_keys[name]], part_keys[name]
    has_parts = any(part in part_keys for part in _PARTS)
    if not has_parts and uri_key in {None, _OWN} and _OWN in values:
        return found, keys
    found.pop(_OWN, None)
    source = None if has_parts else uri_key or _foreign_uri_key(values)
    if source is None:
        names = {part: part_keys.get(part, part) for part in _PARTS}
        foreign = _uri_of_parts(values, names)
        source = f"the URI of {', '.join(key for key in names.values() if key in values)}"
    else:
        foreign = values.get(source)
    if foreign is None:
        return found, keys
    found[_OWN], keys[_OWN] = foreign, source
    if not any(key in found for key in _OTHER_SOURCES):
        management = _management_uri(foreign)
        found |= {"management-uri": management} if management else {}
    return found, keys


def is_suitable(part: str, key: str) -> bool:
    """Return whether `brokerRef.keys` may name this key for this part, as in the schema."""
    name, allowed = key.lower(), SHOWN_PARTS.get(part)
    if allowed is None:
        return True
    return any(e in name for e in allowed) and not any(e in name for e in _CREDENTIALS)


def _foreign_uri_key(values: Mapping[str, str]) -> str | None:
    return next((key for key in _URIS if values.get(key, "")[:4].lower() == "amqp"), None)


def _uri_of_parts(values: Mapping[str, str], keys: Mapping[str, str]) -> str | None:
    """Return the URI of the parts with these keys; None without a host."""
    host, port, *others = (values.get(keys[part], "") for part in _PARTS)
    if not host:
        return None
    _check_host(keys["host"], host)
    port = port or "5672"
    if not (_PORT.fullmatch(port) and 0 < int(port) < 2**16):
        raise AccessRefused(f"{keys['port']} of the Secret must be a number from 1 to 65535")
    scheme = "amqps" if port in _TLS_PORTS else "amqp"
    user, password, vhost = (quote(each, safe="") for each in others)
    account = f"{user}:{password}@" if user else ""
    return f"{scheme}://{account}{_bracketed(host)}:{port}/{vhost}"


def _check_host(key: str, host: str) -> None:
    if "://" in host:
        raise AccessRefused(
            f"{key} of the Secret is a URI, not a host name: set brokerRef.uriKey: {key} if it is"
            " one of AMQP; one of HTTP belongs to management-uri"
        )
    if not (_HOST.fullmatch(host) or _is_ip_address(host)):
        text = f"{key} of the Secret must be one host name or IP address, without a port"
        raise AccessRefused(f"{text}, of at most 253 characters")


def _is_ip_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _management_uri(amqp_uri: str) -> str | None:
    """Return the URI with the same host and account; None if the AMQP URI is invalid."""
    try:
        parts = urlsplit(amqp_uri)
        host = parts.hostname or ""
    except ValueError:
        return None
    if not host:
        return None
    account, separator, _ = parts.netloc.rpartition("@")
    address = f"{account}{separator}{_bracketed(host)}"
    if host.endswith(_ON_443):
        return f"https://{address}"
    return f"http://{address}:15672" if parts.scheme == "amqp" else f"https://{address}:15671"


def _bracketed(host: str) -> str:
    """Return a host as part of a URI, where IPv6 addresses stand in brackets."""
    return f"[{host}]" if ":" in host else host
