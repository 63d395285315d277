"""``python -m mare_gateway``: serve until SIGTERM."""

import os
import sys

from mare_gateway.server import Server
from mare_gateway.settings import Settings, SettingsError


def main() -> None:
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"The gateway cannot start.\n{error}")
    Server(settings).run()


if __name__ == "__main__":
    main()
