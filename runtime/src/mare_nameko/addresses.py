"""Where the broker is and who vouches for it, checked before anybody connects."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit

from mare_nameko.settings import Secret

_PLAIN, _TLS = "amqp", "amqps"
_ESCAPES = "/, ?, # and % in a password are written %2F, %3F, %23 and %25"


class AmqpUri(Secret):
    """The addresses of one broker, joined by semicolons, all of them with TLS or none.

    Each is tried in turn. Raises ValueError with a sentence that quotes nothing: an address holds
    a password. kombu takes the first address's word for the others' TLS, so mixed ones are refused.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        addresses = [_read(part.strip()) for part in text.split(";") if part.strip()]
        if not addresses:
            raise ValueError("there is no address in it")
        if len({address.scheme for address in addresses}) > 1:
            raise ValueError("its addresses must all begin with amqps:// or all with amqp://")
        return super().__new__(cls, ";".join(address.geturl() for address in addresses))

    @property
    def uses_tls(self) -> bool:
        return self.startswith(f"{_TLS}://")


def _read(text: str) -> SplitResult:
    address = _split(text)
    if address is None or "@" in address.path:  # a slash in a password ends the host
        raise ValueError(f"a host or port in it is wrong; {_ESCAPES}")
    if "://" not in text or address.scheme not in (_PLAIN, _TLS):
        raise ValueError("an address must begin with amqp:// or amqps://")
    if address.query or address.fragment or any(character.isspace() for character in text):
        raise ValueError(f"an address can have no parameters and no spaces; {_ESCAPES}")
    return address


def _split(text: str) -> SplitResult | None:
    try:
        address = urlsplit(text)
        _ = address.port
    except ValueError:
        return None
    return address


def find_tls_mistakes(environ: Mapping[str, str]) -> Iterator[str]:
    """Return what is wrong with the files for TLS, one sentence for each."""
    files = {
        name: environ[name]
        for name in ("AMQP_CA_FILE", "AMQP_CERT_FILE", "AMQP_KEY_FILE")
        if environ.get(name)
    }
    for name, path in files.items():
        if not Path(path).is_file():
            yield f"{name}={path!r}: there is no such file."
        if f"{_TLS}://" not in environ.get("AMQP_URI", "").lower():
            yield f"{name} is set but AMQP_URI does not begin with amqps://."
    if "AMQP_KEY_FILE" in files and "AMQP_CERT_FILE" not in files:
        yield "AMQP_KEY_FILE is set but AMQP_CERT_FILE is not."
