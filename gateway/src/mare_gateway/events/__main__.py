"""``python -m mare_gateway.events``: stream the changes of jobs until SIGTERM."""

import asyncio
import logging.config
import os
import sys

from mare_gateway import logs
from mare_gateway.events.server import raise_file_limit, serve
from mare_gateway.events.settings import Settings
from mare_nameko.settings import SettingsError


def main() -> None:
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
