"""Decides which tokens may read /metrics, as controllers built with controller-runtime do.

The API server authenticates the token (TokenReview) and authorizes its user for `get` on the
non-resource URL /metrics (SubjectAccessReview).
"""

import hashlib
from http import HTTPStatus
from typing import Any

from mare.cluster.api import Api
from mare.cluster.paths import Resource
from mare.ports import ApiError, Clock

_TOKEN_REVIEWS = Resource("authentication.k8s.io/v1", "tokenreviews")
_ACCESS_REVIEWS = Resource("authorization.k8s.io/v1", "subjectaccessreviews")
_CACHED_SECONDS = 60.0
_MAX_CACHED = 64


class MetricsAccess:
    """Caches each verdict for a minute, by the hash of the token."""

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._verdicts: dict[bytes, tuple[float, HTTPStatus]] = {}

    async def check(self, authorization: str | None) -> HTTPStatus:
        """Return 200, 401, 403, or 503 if the API server does not answer."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return HTTPStatus.UNAUTHORIZED
        key, now = hashlib.sha256(token.strip().encode()).digest(), self._clock()
        known = self._verdicts.get(key)
        if known is not None and now < known[0]:
            return known[1]
        try:
            verdict = await self._review(token.strip())
        except ApiError:
            return HTTPStatus.SERVICE_UNAVAILABLE
        self._verdicts.pop(key, None)
        while len(self._verdicts) >= _MAX_CACHED:
            del self._verdicts[next(iter(self._verdicts))]
        self._verdicts[key] = now + _CACHED_SECONDS, verdict
        return verdict

    async def _review(self, token: str) -> HTTPStatus:
        review = await self._create(_TOKEN_REVIEWS, "TokenReview", {"token": token})
        if not review.get("authenticated"):
            return HTTPStatus.UNAUTHORIZED
        user = review["user"]
        spec = {
            "user": user["username"],
            "uid": user.get("uid", ""),
            "groups": user.get("groups", []),
            "extra": user.get("extra", {}),
            "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
        }
        access = await self._create(_ACCESS_REVIEWS, "SubjectAccessReview", spec)
        return HTTPStatus.OK if access.get("allowed") else HTTPStatus.FORBIDDEN

    async def _create(self, resource: Resource, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        body = {"apiVersion": resource.api_version, "kind": kind, "spec": spec}
        answer = await self._api.request("POST", resource.path(), body)
        status: dict[str, Any] = answer.get("status") or {}
        return status
