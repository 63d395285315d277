"""One HTTP request to a checked address, bounded in time and size.

The socket is connected to an address that was checked, and the host's name only appears in TLS and
in the header Host. So a name that resolves differently a moment later leads nowhere else. Proxies,
redirects and cookies are not used, and no connection is used twice.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress

import certifi

from mare_services.contract.callback_urls import Destination
from mare_services.contract.public_addresses import Address
from mare_services.upstream.budget import Budget, enforced
from mare_services.upstream.transport import BoundedResponse, ResponseTooLong
from mare_services.webhooks.adapters.names import Resolver
from mare_services.webhooks.ports import Answer, SendingFailed

CONNECT_SECONDS = 4.0
MOST_ADDRESSES = 3
"""Addresses of a host to which connections are attempted."""
LONGEST_ANSWER = 32_768
"""Bytes of status lines, headers and a small body."""
SMALL_BODY = 16_384
READ_SECONDS = 0.5

Connect = Callable[[Address, int, float], socket.socket]


def connect(address: Address, port: int, seconds: float) -> socket.socket:
    """Return a socket that is connected to ``address``; raise OSError."""
    return socket.create_connection((str(address), port), seconds)


class HttpTransport:
    """Implements `Transport`.

    Args:
        ca_file: certificate authorities; empty: those of certifi.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        ca_file: str = "",
        connect: Connect = connect,
    ) -> None:
        self._resolver = resolver
        self._connect = connect
        self._tls = ssl.create_default_context(cafile=ca_file or certifi.where())
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def post(
        self, destination: Destination, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Answer:
        """Send the request once; raise SendingFailed.

        Between two bytes the limit holds everywhere, for the request as a whole only under
        eventlet.
        """
        try:
            return self._post(destination, headers, body, Budget.of(seconds))
        except TimeoutError:
            raise SendingFailed("No answer in time.") from None
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message[:100].rstrip(".")
            raise SendingFailed(f"The certificate is not valid: {reason}.") from None
        except ssl.SSLError:
            raise SendingFailed("TLS failed.") from None
        except ResponseTooLong:
            raise SendingFailed("The headers of the answer are too long.") from None
        except http.client.RemoteDisconnected:
            raise SendingFailed("The host closed the connection.") from None
        except (http.client.HTTPException, ValueError):
            raise SendingFailed("The answer is not HTTP.") from None
        except OSError:
            raise SendingFailed("The connection failed.") from None

    def _post(
        self, destination: Destination, headers: Mapping[str, str], body: bytes, budget: Budget
    ) -> Answer:
        with ExitStack() as opened:
            with enforced(budget):
                connected = opened.enter_context(closing(self._open(destination, budget)))
                connected.settimeout(max(0.01, budget.left()))
                response = _exchange(connected, destination, headers, body)
                opened.enter_context(closing(response))
            _read_rest(connected, response)
            return Answer(status=response.status, retry_after=response.headers["Retry-After"])

    def _open(self, destination: Destination, budget: Budget) -> socket.socket:
        """Return a connection to the first checked address that accepts one."""
        addresses = self._resolver.addresses(destination)[:MOST_ADDRESSES]
        failure: OSError = OSError()
        for address in addresses:
            seconds = min(CONNECT_SECONDS, budget.left())
            try:
                plain = self._connect(address, destination.port, max(0.01, seconds))
            except OSError as error:
                failure = error
            else:
                return self._secure(plain, destination)
        raise failure

    def _secure(self, plain: socket.socket, destination: Destination) -> socket.socket:
        if destination.scheme == "http":
            return plain
        try:
            # OpenSSL checks an address against the addresses of the certificate.
            return self._tls.wrap_socket(plain, server_hostname=destination.host)
        except BaseException:
            plain.close()
            raise


def _exchange(
    connected: socket.socket, destination: Destination, headers: Mapping[str, str], body: bytes
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(destination.host, destination.port)
    connection.response_class = _Response
    connection.sock = connected
    connection.request("POST", destination.target, body, {"Host": destination.authority, **headers})
    return connection.getresponse()


def _read_rest(connected: socket.socket, response: http.client.HTTPResponse) -> None:
    """Read a small body, so that the receiver sees a regular end of the connection."""
    if response.length is None or response.length > SMALL_BODY:
        return
    with suppress(OSError, http.client.HTTPException), enforced(Budget.of(READ_SECONDS)):
        connected.settimeout(READ_SECONDS)
        response.read()


class _Response(BoundedResponse):
    most_bytes = LONGEST_ANSWER
