"""The part of an API server that keeps one Lease; tests decide when a request takes effect."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Generator
from copy import deepcopy
from types import coroutine
from typing import Any
from unittest.mock import patch

from mare.cluster.paths import ApiPath
from mare.leadership import ElectedLeader, LeaseSettings
from mare.ports import Conflict, NotFound, Rejected, Unavailable
from mare.sharding.election import ShardElection

COLLECTION = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"
TEST_FAILED = "the server rejected our request due to an error in our request"
"""The API server (1.37) names neither the path nor the cause."""
MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{6}Z")


class LeaseServer:
    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self._version = 0
        self.requests: list[str] = []
        self.takes = 0.0
        """Seconds until a request is answered."""
        self.fails: Exception | None = None
        """What comes of requests, instead of an answer."""
        self.loses_answers = False
        """Whether the answers to changes get lost."""

    def serve(self, method: str, path: ApiPath, body: Any) -> dict[str, Any] | Exception:
        self.requests.append(method)
        if self.fails is not None:
            return self.fails
        if method == "PATCH":
            return self._patch(path, body)
        return self._serve(method, path, body)

    def _serve(self, method: str, path: ApiPath, body: Any) -> dict[str, Any] | Exception:
        if method != "GET":
            assert body["metadata"]["name"] == "mare"
            assert all(MICRO_TIME.fullmatch(body["spec"][e]) for e in ("acquireTime", "renewTime"))
        if method == "POST":
            assert path.text == COLLECTION
            return Conflict("it exists") if self.lease else self._keep(body)
        assert path.text == f"{COLLECTION}/mare"
        if self.lease is None:
            return NotFound("no lease")
        if method == "GET":
            return deepcopy(self.lease)
        if body["metadata"]["resourceVersion"] != self._version:
            return Conflict("it has changed")
        return self._keep(body)

    def _patch(self, path: ApiPath, patch: Any) -> dict[str, Any] | Exception:
        """Apply a JSON patch, whatever version the Lease has: all of it or nothing."""
        assert path.text == f"{COLLECTION}/mare"
        if self.lease is None:
            return NotFound("no lease")
        patched = deepcopy(self.lease)
        for each in patch:
            *parents, name = [part.replace("~1", "/") for part in each["path"][1:].split("/")]
            place = patched
            for parent in parents:
                place = place.get(parent, {})
            match each["op"]:
                case "test" if place.get(name) != each["value"]:
                    return Rejected(TEST_FAILED)
                case "add":
                    assert name != "renewTime" or MICRO_TIME.fullmatch(each["value"])
                    place[name] = each["value"]
                case "remove":
                    del place[name]
        return self._keep(patched)

    def change(self, **spec: Any) -> None:
        """Change fields of the Lease as another client does."""
        assert self.lease is not None
        self._keep({**self.lease, "spec": {**self.lease["spec"], **spec}})

    def _keep(self, body: Any) -> dict[str, Any] | Exception:
        self._version += 1
        metadata = {**body["metadata"], "resourceVersion": self._version}
        self.lease = deepcopy({"metadata": metadata, "spec": body["spec"]})
        return Unavailable("the answer is lost") if self.loses_answers else deepcopy(self.lease)

    async def request(
        self, method: str, path: ApiPath, body: Any = None, kind: str = ""
    ) -> dict[str, Any]:
        """Answer as an `Api` does."""
        await asyncio.sleep(self.takes)
        return _answer(self.serve(method, path, body))


class Connection:
    """An `Api` of one replica whose requests wait for `Attempt.step`, to arrive and to return."""

    def __init__(self, server: LeaseServer) -> None:
        self._server = server
        self.sent: Callable[[], object] | None = None
        """A request that has not arrived yet."""

    async def request(
        self, method: str, path: ApiPath, body: Any = None, kind: str = ""
    ) -> dict[str, Any]:
        answers: list[dict[str, Any] | Exception] = []

        def arrive() -> None:
            self.sent = None
            answers.append(self._server.serve(method, path, deepcopy(body)))

        self.sent = arrive
        await _turn()
        if not answers:
            arrive()
        await _turn()
        return _answer(answers[0])


class Attempt:
    """A coroutine that runs step by step: from one request or answer to the next."""

    def __init__(self, work: Coroutine[Any, Any, None]) -> None:
        self._work = work

    def step(self, error: Exception | None = None) -> bool:
        """Run until the next wait, with an error of the connection; return whether it goes on."""
        with patch("asyncio.timeout", _NoTimeout), patch("asyncio.sleep", lambda _: _turn()):
            try:
                self._work.throw(error) if error else self._work.send(None)
            except StopIteration:
                return False
            return True

    def end(self) -> None:
        self._work.close()


class _NoTimeout:
    def __init__(self, seconds: float) -> None:
        pass

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass


@coroutine
def _turn() -> Generator[None, None, None]:
    yield


def _answer(answer: dict[str, Any] | Exception) -> dict[str, Any]:
    if isinstance(answer, Exception):
        raise answer
    return answer


def lease_settings(identity: str, seconds: float = 3.5) -> LeaseSettings:
    return LeaseSettings(namespace="shop", name="mare", identity=identity, duration_seconds=seconds)


def election(api: Any, identity: str, shards: int, clock: Any, seconds: float = 3.5) -> Any:
    """Return what `mare run` elects by, with one shard or more."""
    settings = lease_settings(identity, seconds)
    if shards == 1:
        return ElectedLeader(api, settings, clock)
    return ShardElection(api, settings, shards, clock)
