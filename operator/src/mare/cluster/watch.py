"""A watch that goes on whatever the API server answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mare.backoff import Backoff
from mare.cluster.api import Expired
from mare.ports import AccessRefused, NotFound, Unavailable
from mare.tenant_lines import OverBudget

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 5.0
"""Seconds between two attempts to read from the API server."""
_log = logging.getLogger(__name__)


async def keep_watching(
    list_and_watch: Callable[[], Awaitable[None]],
    *,
    kind: str,
    on_refusal: Callable[[NotFound | AccessRefused], None],
) -> None:
    """Run `list_and_watch` again whenever it ends; what it has read stays known meanwhile.

    The pause before the next run doubles, unless the last run took longer than the longest pause.
    `on_refusal` is called if the kind does not exist or may not be watched.
    """
    backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
    now = asyncio.get_running_loop().time
    while True:
        begun = now()
        try:
            await list_and_watch()
        except (Expired, OverBudget) as error:
            _log.debug("Watch starts again", extra={"kind": kind, "error": str(error)})
        except (NotFound, AccessRefused) as error:
            on_refusal(error)
        except Unavailable as error:
            _log.info("Watch ended", extra={"kind": kind, "error": str(error)})
        except Exception:  # noqa: BLE001 - an answer of an unexpected shape must not end the watch
            _log.exception("Watch failed", extra={"kind": kind})
        if now() - begun > LONGEST_PAUSE:
            backoff.reset()
        await asyncio.sleep(backoff.next_delay())
