"""The entry point of the command `mare`."""

import signal


def main() -> None:
    """Run the command. Ctrl-C during the imports, which take 0.2 s, ends it without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mare.cli import mare  # noqa: PLC0415 - imports of this module precede the signal handler

    signal.signal(signal.SIGINT, signal.default_int_handler)
    mare()


if __name__ == "__main__":
    main()
