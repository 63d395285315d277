"""``python -m mare_gateway.events``: stream the changes of jobs until SIGTERM."""

import asyncio
import logging.config
import os
import signal
import sys


def main() -> None:
    # The kernel drops a signal that the first process of a container has no handler for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from mare_gateway import logs  # noqa: PLC0415  the line above
    from mare_gateway.events.server import raise_file_limit, serve  # noqa: PLC0415
    from mare_gateway.events.settings import Settings  # noqa: PLC0415
    from mare_nameko.settings import SettingsError  # noqa: PLC0415

    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"The events process cannot start.\n{error}")
    logging.config.dictConfig(logs.config(settings.log_level))
    raise_file_limit()
    try:
        asyncio.run(serve(settings))
    except (OSError, ValueError) as error:
        sys.exit(f"The events process cannot start. {error}")


if __name__ == "__main__":
    main()
