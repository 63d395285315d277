"""The URIs of a broker, from the shapes of Secrets that other tools write.

| shape | keys |
|---|---|
| Maré's own | `amqp-uri`, and `management-uri` or `prometheus-uri` |
| RabbitMQ's cluster operator | `connection_string`; `host`, `port`, `username`, `password` |
| Service Binding (servicebinding.io) | `uri`; `host`, `port`, `username`, `password`, `vhost` |
| any other, as External Secrets copies it | the key that `brokerRef.uriKey` names |

The address of the management API is derived from a foreign shape, unless the Secret has
`management-uri` or `prometheus-uri`: port 15672, or 15671 with TLS, where Amazon MQ has it too.
CloudAMQP has it on 443. It is derived from the Secret alone: an object that named the address could
send the credentials of the Secret to any host.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

_OWN = "amqp-uri"
_URIS = ("connection_string", "uri")
_PARTS = ("host", "port", "username", "password", "vhost")
FOREIGN = (*_URIS, *_PARTS)
_OTHER_SOURCES = ("management-uri", "prometheus-uri")
_TLS_PORTS = {"5671", "443"}
_ON_443 = ".cloudamqp.com"


def own_shape(values: Mapping[str, str], uri_key: str | None) -> dict[str, str]:
    """Return the values of a Secret under the keys of Maré's own shape.

    The URIs are not checked. With `uri_key` no other key is taken for the AMQP URI.
    """
    found = {key: value for key, value in values.items() if key not in FOREIGN}
    foreign = values.get(uri_key) if uri_key else _foreign_uri(values)
    if foreign is None or (uri_key in {None, _OWN} and _OWN in values):
        return found
    found[_OWN] = foreign
    if not any(key in values for key in _OTHER_SOURCES):
        management = _management_uri(foreign)
        found |= {"management-uri": management} if management else {}
    return found


def _foreign_uri(values: Mapping[str, str]) -> str | None:
    for key in _URIS:
        if values.get(key, "").startswith("amqp"):
            return values[key]
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
