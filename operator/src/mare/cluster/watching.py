"""A watch that goes on for as long as somebody wants it, whatever the API server answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mare.cluster.api import Expired
from mare.ports import AccessRefused, NotFound, Unavailable

_log = logging.getLogger(__name__)


async def watch_for_ever(
    list_and_watch: Callable[[], Awaitable[None]],
    *,
    kind: str,
    pause: float,
    on_refusal: Callable[[NotFound | AccessRefused], None],
) -> None:
    """Begin `list_and_watch` again, `pause` seconds after each end; what was seen stays seen.

    `on_refusal` is told that there is nothing to see: no such kind, or no right to it.
    """
    while True:
        try:
            await list_and_watch()
        except Expired:
            _log.debug("Watch begins anew", extra={"kind": kind})
        except (NotFound, AccessRefused) as error:
            on_refusal(error)
        except Unavailable as error:
            _log.info("Watch ended", extra={"kind": kind, "error": str(error)})
        except Exception:  # noqa: BLE001 - whatever an answer looks like, the watch has to go on
            _log.exception("Watch failed", extra={"kind": kind})
        await asyncio.sleep(pause)
