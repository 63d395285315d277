"""Cooperative green threads instead of blocking calls, before anything else is imported.

Eventlet resolves host names with a library of its own, dnspython, whose import takes 0.3 of the
0.6 s that a Nameko service needs to start, which every pod of a burst pays. The resolver of the
C library in a native thread costs nothing at start, does not block the others either, and knows
all that the machine knows (``/etc/hosts``, nsswitch, search domains).
"""

import functools
import os
import warnings


def monkey_patch() -> None:
    """Patch the standard library; call it before importing anything that opens a socket."""
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    # More than there are names to look up at a time: of a broker and a few upstreams.
    os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "8")
    # Each pod would log that eventlet is in maintenance mode.
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
    from eventlet import tpool  # noqa: PLC0415

    from mare_nameko.service.lookups import sharing  # noqa: PLC0415

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getnameinfo"):
        native = getattr(eventlet.green.socket, name)
        resolve = sharing(functools.partial(tpool.execute, native))
        setattr(socket, name, resolve)
        setattr(eventlet.green.socket, name, resolve)
