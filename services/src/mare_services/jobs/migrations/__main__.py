"""``python -m mare_services.jobs.migrations [--contract]``: migrate the store JOBS_STORE.

The jobs service runs it in a process of its own: Alembic and SQLAlchemy take half a second of
processor time and 25 MB, which the service does not need afterwards.
"""

import argparse
import os
import sys

from mare_nameko.settings import SettingsError
from mare_services.jobs.migrations import CONTRACTED, EXPANDED
from mare_services.jobs.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description="Migrate the store of the jobs, JOBS_STORE.")
    parser.add_argument(
        "--contract",
        action="store_true",
        help="also remove what only earlier versions need; no process of them may run",
    )
    arguments = parser.parse_args()
    try:
        uri = Settings.from_env(os.environ).store
    except SettingsError as error:
        sys.exit(str(error))
    from mare_services.jobs.migrations.upgrade import upgrade  # noqa: PLC0415 - it takes 0.5 s

    try:
        upgrade(uri, CONTRACTED if arguments.contract else EXPANDED)
    except Exception as error:  # noqa: BLE001 - of the driver, of SQLAlchemy, or of Alembic
        first_line = str(error).partition("\n")[0]
        sys.exit(f"{type(error).__name__}: {first_line}")


if __name__ == "__main__":
    main()
