"""The Nameko service ``playlists``."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import eventlet
from nameko.extensions import DependencyProvider

from mare_nameko.service import (
    BadReply,
    CallTimedOut,
    EventDispatcher,
    RpcProxy,
    event_handler,
    register_errors,
    rpc,
)
from mare_services.contract import wire
from mare_services.contract.errors import (
    InvalidRequest,
    PlaceAmbiguous,
    PlaceNotFound,
    ServiceError,
    SourceFailed,
)
from mare_services.contract.jobs import JOB_PARKING, JobAccepted
from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import PlaceQuery
from mare_services.contract.suggestion import Suggestion, SuggestionRequest
from mare_services.contract.weather import WeatherReport
from mare_services.playlists.deferred_event import DeferredEvent
from mare_services.playlists.settings import Settings
from mare_services.playlists.suggester import suggest
from mare_services.upstream.budget import Budget
from mare_services.upstream.cache import Cache

register_errors(ServiceError)

Reply = TypeVar("Reply")

_FINAL = (InvalidRequest, PlaceNotFound, PlaceAmbiguous)
"""Errors that another attempt does not mend."""

WORK_SECONDS = 20.0
"""Time limit of one attempt at a job, before its result is published. It is shorter than the grace
period of the process."""

START_SECONDS = 1.0
"""After this time without the weather, a job is reported as begun."""
WEATHER_SECONDS = 0.2
"""After this time without the playlist, which contains the weather, the weather is reported alone.
Of a playlist that follows sooner, a report before it costs a message, a transaction of the store
and another read of each stream, and no person notices it."""


class PlaylistsResources(DependencyProvider):
    def setup(self) -> None:
        """Read the settings. An invalid setting stops the service before it takes a message."""
        self.settings = Settings.from_env(os.environ)
        self.cache: Cache[SuggestionRequest, Any] = Cache(
            "playlists",
            life=self.settings.cache_seconds,
            stale_life=0,
            negative_life=1,
            size=self.settings.cache_entries,
            is_stopgap=lambda suggestion: bool(suggestion["degraded"]),
        )

    def get_dependency(self, worker_ctx: Any) -> "PlaylistsResources":  # noqa: ARG002
        return self


class PlaylistsService:
    name = "playlists"

    weather = RpcProxy("weather")
    music = RpcProxy("music")
    resources = PlaylistsResources()
    dispatch = EventDispatcher()

    @rpc
    def suggest(self, request: Any) -> Any:
        """Return a ``Suggestion`` for a ``SuggestionRequest``, as plain JSON."""
        query = wire.read(request, SuggestionRequest)
        budget = Budget.of(self.resources.settings.wait_seconds)
        return self.resources.cache.get(
            query, lambda: wire.write(self._suggest(query)), budget
        ).value

    @event_handler("jobs", "job_accepted", on_give_up="give_up", parking=JOB_PARKING)
    def compose(self, event: Any) -> None:
        """Do the work of a job, and publish its result.

        The start and the weather are published as well if the playlist is not composed at once.
        Another error than a final one leaves the event to the retries of the runtime. The events
        of an attempt are the same if the work is done twice, and the jobs service counts them once.
        """
        job = wire.read(event, JobAccepted)
        attempt = {"job_id": job.job_id, "attempt": job.attempt}
        partial: dict[str, Any] = {}
        early = DeferredEvent(lambda: self.dispatch("job_started", attempt), START_SECONDS)

        def publish_weather(report: WeatherReport) -> None:
            nonlocal early
            early.leave_out()
            partial["report"] = wire.write(report)
            observed = {**attempt, **partial}
            early = DeferredEvent(
                lambda: self.dispatch("weather_observed", observed), WEATHER_SECONDS
            )

        try:
            with eventlet.Timeout(WORK_SECONDS, CallTimedOut("The work took too long.")):
                if job.reports_start:
                    early.publish()
                suggestion = self._suggest(job.request, publish_weather)
        except _FINAL as error:
            early.leave_out()
            self._fail(job, error, str(error))
        except Exception:
            early.publish()  # the work begins again minutes later: until then it is not lost
            raise
        else:
            early.leave_out()
            complete = {"suggestion": wire.write(suggestion)}
            self.dispatch("playlist_composed", {**attempt, **partial, **complete})

    def give_up(self, event: Any, error: Exception) -> None:
        """Publish that a job failed, after the last retry of its work."""
        detail = "The playlist could not be composed in several attempts. Retry it later."
        self._fail(wire.read(event, JobAccepted), error, detail)

    def _fail(self, job: JobAccepted, error: Exception, detail: str) -> None:
        failure = {"type": type(error).__name__, "detail": detail}
        event = {"job_id": job.job_id, "attempt": job.attempt, "failure": failure}
        self.dispatch("playlist_failed", event)

    def _suggest(
        self,
        query: SuggestionRequest,
        on_weather: Callable[[WeatherReport], None] = lambda _: None,
    ) -> Suggestion:
        return suggest(
            query,
            observe=self._observe,
            compose=self._compose,
            now=datetime.now(UTC),
            default_market=self.resources.settings.market,
            on_weather=on_weather,
        )

    def _observe(self, query: PlaceQuery) -> WeatherReport:
        return _reply_of("weather", lambda: self.weather.observe(wire.write(query)), WeatherReport)

    def _compose(self, request: MusicRequest) -> Composed:
        return _reply_of("music", lambda: self.music.compose(wire.write(request)), Composed)


def _reply_of(service: str, call: Callable[[], Any], kind: type[Reply]) -> Reply:
    """Return the reply of a call; raise its error, or SourceFailed if its format is unknown."""
    try:
        reply = call()
    except BadReply as error:
        raise _unknown_format(service, error) from error
    try:
        return wire.read(reply, kind)
    except InvalidRequest as error:
        # InvalidRequest would blame the request of the caller, which is valid.
        raise _unknown_format(service, error) from error


def _unknown_format(service: str, error: Exception) -> SourceFailed:
    return SourceFailed(f"The reply of {service} has an unknown format: {error}")
