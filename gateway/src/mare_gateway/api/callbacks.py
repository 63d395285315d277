"""The log of the callbacks of a job."""

from flask import Response, g, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.types import ResponseDict

from mare_gateway.api.jobs import JobPath
from mare_gateway.calls import Calls
from mare_gateway.responses import entity


def callback_routes(api: APIBlueprint, call: Calls, *, deliveries: ResponseDict) -> None:
    """Add the routes of callbacks to `api`."""

    @api.get("/jobs/<job_id>/deliveries", responses=deliveries)
    def get_deliveries(path: JobPath) -> Response:
        """The attempts to deliver the callbacks of a job, oldest first."""
        log = call("jobs.deliveries", {"id": path.job_id, "client": g.client.name})
        response = entity(log, request)
        response.headers["Cache-Control"] = "private, no-cache"
        return response
