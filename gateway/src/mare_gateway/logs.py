"""Log lines as JSON objects, on standard error."""

from typing import Any


def config(level: str) -> dict[str, Any]:
    """Return a configuration for ``logging.config.dictConfig`` that covers granian's lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.msgspec.MsgspecFormatter",
                "fmt": ["levelname", "name", "message"],
                "rename_fields": {"levelname": "level", "name": "logger"},
                "timestamp": "time",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {"_granian": {"level": level}},
    }
