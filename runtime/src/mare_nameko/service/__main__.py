"""Entry point of the command ``mare-nameko``."""

from mare_nameko.service.patcher import monkey_patch


def main() -> None:
    """Patch the standard library before Nameko is imported, then run the command."""
    monkey_patch()
    from mare_nameko.service.command import run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
