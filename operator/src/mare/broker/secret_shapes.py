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

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlsplit

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
_TLS_PORTS = {"5671", "443"}
_ON_443 = ".cloudamqp.com"


def own_shape(
    values: Mapping[str, str], uri_key: str | None, part_keys: Mapping[str, str] = COMMON_KEYS
) -> dict[str, str]:
    """Return the values of a Secret under the keys of Maré's own shape.

    The URIs are not checked. With `uri_key` no other key is taken for the AMQP URI; with a part of
    it in `part_keys` no key is. A part that these do not name has its common key.
    """
    found = {key: value for key, value in values.items() if key not in FOREIGN}
    for name, key in _OVERRIDES.items():
        if name in part_keys:
            found[key] = values[part_keys[name]]
    has_parts = any(part in part_keys for part in _PARTS)
    if has_parts:
        parts = {part: values.get(part_keys.get(part, part), "") for part in _PARTS}
        found.pop(_OWN, None)
        foreign = _uri_of_parts(parts)
    else:
        foreign = values.get(uri_key) if uri_key else _foreign_uri(values)
    if foreign is None or (not has_parts and uri_key in {None, _OWN} and _OWN in values):
        return found
    found[_OWN] = foreign
    if not any(key in found for key in _OTHER_SOURCES):
        management = _management_uri(foreign)
        found |= {"management-uri": management} if management else {}
    return found


def is_suitable(part: str, key: str) -> bool:
    """Return whether `brokerRef.keys` may name this key for this part, as in the schema."""
    name, allowed = key.lower(), SHOWN_PARTS.get(part)
    if allowed is None:
        return True
    return any(e in name for e in allowed) and not any(e in name for e in _CREDENTIALS)


def _foreign_uri(values: Mapping[str, str]) -> str | None:
    for key in _URIS:
        if values.get(key, "").startswith("amqp"):
            return values[key]
    return _uri_of_parts(values)


def _uri_of_parts(values: Mapping[str, str]) -> str | None:
    host = values.get("host")
    if not host:
        return None
    port = values.get("port") or "5672"
    scheme = "amqps" if port in _TLS_PORTS else "amqp"
    user, password, vhost = (
        quote(values.get(key, ""), safe="") for key in ("username", "password", "vhost")
    )
    account = f"{user}:{password}@" if user else ""
    return f"{scheme}://{account}{_bracketed(host)}:{port}/{vhost}"


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
