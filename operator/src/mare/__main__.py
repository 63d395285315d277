"""The entry point of the command `mare`."""

import signal
import sys


def main() -> None:
    """Run the command. Ctrl-C during the imports, which take 0.2 s, ends it without a traceback."""
    # The kernel drops a signal that the first process of a container has no handler for.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mare.cli import mare  # noqa: PLC0415 - imports of this module precede the signal handler

    signal.signal(signal.SIGINT, signal.default_int_handler)
    mare()


if __name__ == "__main__":
    main()
