"""Log lines with the ids of the message being handled: JSON, or plain text at a terminal."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from mare_nameko.service.context import current

_PLAIN = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_TALKATIVE = ("amqp", "kombu", "nameko")
"""At DEBUG these loggers write the contents of messages."""


class ContextFilter(logging.Filter):
    """Adds the service's name, and the ids of the message that the green thread handles."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        record.service = self._service
        context = current.get()
        if context is not None:
            record.request_id = context.request_id
            record.trace_id = context.span.context.trace_id
            record.span_id = context.span.context.span_id
            record.entrypoint = context.entrypoint
        return True


def configure_logs(service: str, level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_PLAIN) if sys.stderr.isatty() else json_formatter())
    handler.addFilter(ContextFilter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(capture=True)


def json_formatter() -> logging.Formatter:
    """Return a formatter with the fields time, level, logger, message, service and the ids."""
    return JsonFormatter(
        "%(levelname)s %(name)s %(message)s",
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="time",
    )
