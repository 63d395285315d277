"""Asks the jobs service, which has the record of each job, whether its callbacks have ended."""

from logging import getLogger
from typing import Any

from nameko.exceptions import MethodNotFound, RemoteError, UnknownService

from mare_nameko.bounded_logs import BoundedWarnings
from mare_nameko.service.errors import (
    BadReply,
    BrokerUnavailable,
    CallTimedOut,
    DeadlineExceeded,
)
from mare_services.contract import wire
from mare_services.contract.callbacks import CallbacksEnded
from mare_services.contract.errors import ServiceError

_ERRORS = (
    BadReply,
    BrokerUnavailable,
    CallTimedOut,
    DeadlineExceeded,
    MethodNotFound,  # of an older version
    RemoteError,
    ServiceError,
    UnknownService,
)
_warnings = BoundedWarnings(getLogger(__name__))


class JobsSubscriptions:
    """Implements `Subscriptions`; `jobs` is a proxy of the service."""

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs

    def have_ended(self, job_id: str) -> bool | None:
        try:
            answer = self._jobs.callbacks_ended({"id": job_id})
            return wire.read(answer, CallbacksEnded).ended
        except _ERRORS as error:
            _warnings.warn("Callbacks wait, because jobs does not answer: %s", error)
            return None
