"""``python -m gateway``: serve until SIGTERM."""

import os
import sys

from gateway.server import Server
from gateway.settings import Settings, SettingsError


def main() -> None:
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"The gateway cannot start.\n{error}")
    Server(settings).run()


if __name__ == "__main__":
    main()
