"""Replaces blocking calls of the standard library by eventlet's cooperative ones.

Eventlet resolves host names with dnspython, whose import takes 0.3 s of the 0.6 s that a Nameko
service needs to start; each new pod pays for that. Here the C library's resolver runs in native
threads instead. It costs nothing at start, does not block green threads, and uses ``/etc/hosts``,
nsswitch and search domains.
"""

import functools
import importlib.util
import os
import warnings
from collections.abc import Callable
from typing import Any

NAME_THREADS = 4
"""More than names that are resolved at a time: the broker's and those of few upstreams."""


def monkey_patch() -> None:
    """Patch the standard library. Call it before importing anything that opens a socket."""
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "8")
    # The deprecation is accepted: see docs/decisions/mend-nameko-by-subclassing.md.
    warnings.filterwarnings("ignore", message="\nEventlet is deprecated")

    import eventlet  # noqa: PLC0415
    from eventlet.patcher import is_monkey_patched  # noqa: PLC0415

    if is_monkey_patched("socket"):
        return
    eventlet.monkey_patch()
    _resolve_in_native_threads()


def _resolve_in_native_threads() -> None:
    import socket  # noqa: PLC0415

    import eventlet.green.socket  # noqa: PLC0415

    threads = _own_threads()
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getnameinfo"):
        native = getattr(eventlet.green.socket, name)
        resolve = in_this_thread(coalesce(functools.partial(threads.execute, native)), native)
        setattr(socket, name, resolve)
        setattr(eventlet.green.socket, name, resolve)


def _own_threads() -> Any:
    """Return eventlet's thread pool once more, with threads of its own.

    Services call stores in the threads of ``eventlet.tpool``. While a store does not answer, all of
    these wait for it, and the name of the broker could not be resolved.
    """
    spec = importlib.util.find_spec("eventlet.tpool")
    assert spec is not None
    assert spec.loader is not None
    pool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pool)
    pool.set_num_threads(NAME_THREADS)
    return pool


def in_this_thread(cooperative: Callable[..., Any], native: Callable[..., Any]) -> Any:
    """Return a function that is ``cooperative`` in this thread and ``native`` in others.

    A database driver resolves names in a native thread. It must not wait there for a green thread
    of this one: eventlet cannot switch between native threads, and both would wait for ever.
    """
    from eventlet.patcher import original  # noqa: PLC0415

    get_ident = original("_thread").get_ident
    own = get_ident()

    def call(*args: Any, **kwargs: Any) -> Any:
        return (cooperative if get_ident() == own else native)(*args, **kwargs)

    return call


def coalesce(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` such that concurrent calls with the same arguments share one execution.

    A name server that does not answer occupies a native thread for up to 30 s. Without sharing, the
    callers of one unreachable host would occupy all threads, and the broker's name could not be
    resolved.
    """
    import eventlet  # noqa: PLC0415

    running: dict[Any, Any] = {}

    def shared(*args: Any, **kwargs: Any) -> Any:
        key = (args, tuple(sorted(kwargs.items())))
        if key not in running:
            thread = eventlet.spawn(_outcome, function, args, kwargs)
            thread.link(lambda _: running.pop(key))
            running[key] = thread
        value, error = running[key].wait()
        if error is not None:
            raise error
        return value

    return shared


def _outcome(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Exception | None]:
    try:
        return function(*args, **kwargs), None
    except Exception as error:  # noqa: BLE001  raised again in each caller
        return None, error
