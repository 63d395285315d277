"""Entry point of the command ``mare-nameko``."""

import os
import signal

from mare_nameko.service.patcher import monkey_patch


def main() -> None:
    """Patch the standard library before Nameko is imported, then run the command."""
    # The kernel drops a signal that the first process of a container has no handler for. After a
    # SIGTERM during the imports, which take 0.6 s, the service would consume until SIGKILL.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    monkey_patch()
    from mare_nameko.service.command import run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
