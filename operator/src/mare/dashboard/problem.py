"""Refusals, as JSON with a code and a sentence."""

from aiohttp import web

from mare.dashboard.leader import Leader
from mare.dashboard.serialize import encode_json


class Refused(Exception):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: int | None = None,
        **more: str | None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.body = {"error": {"code": code, "message": message, **more}}

    def response(self) -> web.Response:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == 405:  # noqa: PLR2004
            headers["Allow"] = "GET, HEAD"
        return web.Response(
            status=self.status,
            text=encode_json(self.body),
            content_type="application/json",
            headers=headers,
        )


def standby(leader: Leader) -> Refused:
    who = f"{leader.name} acts" if leader.name else "nobody acts at the moment"
    return Refused(
        503, "Standby", f"This replica stands by, {who}.", retry_after=2, leader=leader.name
    )
