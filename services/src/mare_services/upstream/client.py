"""HTTP calls to a JSON API, bounded in time and size, with typed responses."""

import logging
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Any, Generic, TypeVar

import msgspec
import requests

from mare_services.contract.errors import SourceFailed
from mare_services.upstream import failures
from mare_services.upstream.budget import Budget, enforced
from mare_services.upstream.transport import BoundedAdapter

T = TypeVar("T")


CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
MAXIMAL_BYTES = 1_048_576
CONNECTIONS = 16
PAUSE_SECONDS = (0.05, 0.15)
"""Range of the random pause before the retry, so that callers do not retry together."""

_NOT_MODIFIED = 304
_CHUNK = 65_536

# Its DEBUG lines contain URLs, and the URL of OpenWeatherMap contains the key.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """A decoded body and its headers; header names ignore case."""

    value: T
    headers: Mapping[str, str]


class NotModified(Exception):
    """Raised for status 304 of a conditional request."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.headers = headers


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is. By default requests replaces Authorization from ~/.netrc."""
    return request


class JsonClient:
    """The HTTP API of one upstream under ``base_url``.

    Proxies and certificate authorities come from the environment variables of requests. Redirects
    are not followed and cookies are not stored.

    Args:
        source: the upstream's name in errors.
        contact: e-mail address or URL of the operator, for the User-Agent.
    """

    def __init__(self, source: str, base_url: str, *, contact: str = "") -> None:
        self._source = source
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.auth = _unchanged
        agent = f"Mare/{version('mare-services')} {contact}".strip()
        self._session.headers.update({"User-Agent": agent, "Accept": "application/json"})
        adapter = BoundedAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
        self._session.mount(self._base_url, adapter)

    def get(
        self,
        path: str,
        shape: type[T],
        *,
        budget: Budget,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply[T]:
        """Return the response as a ``shape``. A transient failure is retried once.

        Raises:
            SourceUnavailable: one of its four subclasses.
            NotModified: if ``headers`` make the request conditional.
        """
        request = requests.Request("GET", self._base_url + path, headers=headers, params=params)
        try:
            body, received = self._attempt(request, budget)
        except SourceFailed as error:
            pause = random.uniform(*PAUSE_SECONDS)  # noqa: S311
            if not failures.is_transient(error) or budget.left() <= pause:
                raise
            time.sleep(pause)
            body, received = self._attempt(request, budget)
        return Reply(self._decoded(body, shape), received)

    def post(
        self,
        path: str,
        shape: type[T],
        *,
        budget: Budget,
        form: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> Reply[T]:
        """Send a form once; raises the errors of :meth:`get`."""
        request = requests.Request("POST", self._base_url + path, headers=headers, data=form)
        body, received = self._attempt(request, budget)
        return Reply(self._decoded(body, shape), received)

    def _attempt(
        self, request: requests.Request, budget: Budget
    ) -> tuple[bytes, Mapping[str, str]]:
        try:
            with enforced(budget), self._sent(request, budget) as response:
                if response.ok and response.status_code < _NOT_MODIFIED:
                    return self._body(response, budget), response.headers
        except failures.TRANSPORT_ERRORS as error:
            # The text of the cause may contain the URL, and the URL a key.
            raise failures.of_transport(self._source, error) from None
        if response.status_code == _NOT_MODIFIED and "If-Modified-Since" in request.headers:
            raise NotModified(response.headers)
        raise failures.of_status(
            self._source, response.status_code, response.headers, datetime.now(UTC)
        )

    def _sent(self, request: requests.Request, budget: Budget) -> requests.Response:
        prepared = self._session.prepare_request(request)
        surroundings = self._session.merge_environment_settings(
            prepared.url, {}, stream=True, verify=None, cert=None
        )
        left = budget.left()
        if left <= 0:
            raise TimeoutError
        timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        return self._session.send(prepared, timeout=timeout, allow_redirects=False, **surroundings)

    def _body(self, response: requests.Response, budget: Budget) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAXIMAL_BYTES:
                raise failures.oversized(self._source, response.status_code)
            if budget.left() <= 0:
                raise TimeoutError
        return bytes(body)

    def _decoded(self, body: bytes, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=shape)
        except (ValueError, RecursionError):
            raise failures.unknown_format(self._source) from None


def valid_elements(elements: list[Any] | None, shape: type[T]) -> Iterator[T]:
    """Yield the elements that have the shape. Elements that are null or incomplete are skipped."""
    for element in elements or ():
        try:
            yield msgspec.convert(element, shape)
        except msgspec.ValidationError:
            continue
