"""Look-ups of host names that share an answer.

A name server that does not answer keeps a native thread for up to 30 s, long after whoever asked
has given up. There are few names, and many that ask for each: with one thread for each question a
source that cannot be found leaves threads for the others, and for the broker.
"""

from collections.abc import Callable
from typing import Any

import eventlet
from eventlet.greenthread import GreenThread

Resolve = Callable[..., Any]


def sharing(resolve: Resolve) -> Resolve:
    """Return ``resolve`` so that a question which is under way is not asked again."""
    under_way: dict[Any, GreenThread] = {}

    def shared(*args: Any, **kwargs: Any) -> Any:
        question = (args, tuple(sorted(kwargs.items())))
        if question not in under_way:
            asking = eventlet.spawn(_outcome, resolve, args, kwargs)
            asking.link(lambda _: under_way.pop(question))
            under_way[question] = asking
        answer, error = under_way[question].wait()
        if error is not None:
            raise error
        return answer

    return shared


def _outcome(
    resolve: Resolve, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Exception | None]:
    try:
        return resolve(*args, **kwargs), None
    except Exception as error:  # noqa: BLE001  for those who asked
        return None, error
