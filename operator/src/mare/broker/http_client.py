"""HTTP requests to a broker: one connection, bounded in time and size, no secret in an error."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

import aiohttp
from yarl import URL

from mare.broker.connection_parameters import ConnectionParameters, distrust
from mare.ports import AccessRefused

_SECONDS = 4.0


class BrokerHttp:
    """Requests below one URI of a Secret."""

    def __init__(self, uri: str, access: ConnectionParameters, source: str, largest: int) -> None:
        """An answer of more than `largest` bytes is an error, not the end of the process."""
        parts = urlsplit(uri)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        self._base = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
        self._headers: dict[str, str] = {}
        if parts.username is not None:
            user, password = unquote(parts.username), unquote(parts.password or "")
            self._headers["Authorization"] = aiohttp.encode_basic_auth(user, password)
        self._tls = access.context() if parts.scheme == "https" else False
        self._source = source
        self._largest = largest
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str, query: Mapping[str, str | Sequence[str]]) -> bytes:
        """Return the body; raise `AccessRefused`, or OSError for everything else."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                connector=aiohttp.TCPConnector(limit=1, ssl=self._tls or True),
            )
        pairs = [(k, v) for k, vs in query.items() for v in ([vs] if isinstance(vs, str) else vs)]
        try:
            async with self._session.get(
                self._url(path), params=pairs, allow_redirects=False
            ) as answer:
                return await self._read(answer)
        except TimeoutError as error:
            raise OSError(f"{self._source} does not answer within {_SECONDS:.0f} s") from error
        except aiohttp.ClientError as error:
            unreached = OSError(f"{self._source} is not reached ({type(error).__name__})")
            raise (distrust(error, self._source) or unreached) from error

    def _url(self, path: str) -> URL:
        return URL(self._base + path, encoded=True)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status in (401, 403):
            raise AccessRefused(f"{self._source} refuses the user or the password")
        if answer.status != HTTPStatus.OK:
            raise OSError(f"{self._source} answers with status {answer.status}")
        body = bytearray()
        async for part in answer.content.iter_chunked(2**16):
            body += part
            if len(body) > self._largest:
                raise OSError(f"{self._source} answers with more than {self._largest >> 20} MiB")
        return bytes(body)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
