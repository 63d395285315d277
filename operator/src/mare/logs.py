"""Logs of the operator: one JSON object per line."""

import logging
import re
import sys

from pythonjsonlogger.json import JsonFormatter

_VERBOSE = ("kopf", "asyncio", "aiohttp.access")
"""Loggers that write below WARNING what helps only the developers of those libraries."""
_CREDENTIALS = re.compile(r'(?<=//)[^\s/"]*@')


class WithoutCredentials(JsonFormatter):
    """Leaves user and password out of addresses: the text of an unexpected error may have them."""

    def format(self, record: logging.LogRecord) -> str:
        return _CREDENTIALS.sub("***@", super().format(record))


def start(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        WithoutCredentials(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _VERBOSE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # Its callers report its errors. A broker could fill the log: aiormq logs each unexpected frame.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
