"""Reports messages that cannot be decoded."""

from logging import getLogger

from kombu import Message

from mare_nameko.service.compression import CompressionRefused
from mare_nameko.service.frames import UNREADABLE
from mare_nameko.service.json_bodies import SERIALIZER
from mare_nameko.service.metrics import Metrics

_log = getLogger(__name__)


def report(message: Message, error: Exception, metrics: Metrics) -> str:
    """Log and count a message that is rejected; return type and text of ``error``."""
    reason, text = _reason(message, error), _text(message, error)
    queue = message.delivery_info.get("routing_key")
    _log.warning("Rejected an %s message to %s: %s", reason, queue, text)
    metrics.rejected(reason)
    return text


def _reason(message: Message, error: Exception) -> str:
    if isinstance(error, CompressionRefused):
        return "undecompressible"
    return "unreadable" if message.content_type == UNREADABLE else "undecodable"


def _text(message: Message, error: Exception) -> str:
    """Return type and text of ``error``; only the type if the text may quote the body."""
    kind = type(error).__name__
    is_json = message.content_type == SERIALIZER["content_type"]
    return f"{kind}: {error}" if is_json or isinstance(error, CompressionRefused) else kind
