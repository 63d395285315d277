"""``mare-nameko run SERVICE``: run one service."""

from mare_nameko.service.patcher import monkey_patch


def main() -> None:
    """Patch the standard library first: nothing of Nameko may be imported before."""
    monkey_patch()
    from mare_nameko.service.command import run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
