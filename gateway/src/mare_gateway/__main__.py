"""``mare-gateway``: serve until SIGTERM. ``mare-gateway keys``: manage API keys."""

import os
import sys
import tempfile
from pathlib import Path

from mare_gateway import end_signals


def main() -> None:
    if sys.argv[1:2] == ["keys"]:
        from mare_gateway.key_command import run  # noqa: PLC0415  only for this command

        run(sys.argv[2:])
        return
    # Before the imports, which take 0.4 s: the kernel drops a signal that the first process of a
    # container has no handler for.
    end_signals.hold()
    from mare_gateway.settings import Settings  # noqa: PLC0415  the line above
    from mare_nameko.settings import SettingsError  # noqa: PLC0415  the line above

    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"The gateway cannot start.\n{error}")
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="gateway-metrics-", dir=memory) as folder:
        # prometheus_client reads the variable when it is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        from mare_gateway.server import serve  # noqa: PLC0415

        serve(settings)


if __name__ == "__main__":
    main()
