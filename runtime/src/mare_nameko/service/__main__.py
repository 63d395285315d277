"""``mare-nameko run SERVICE``: run one service."""

from mare_nameko.service.greening import go_green


def main() -> None:
    """Patch the standard library first: nothing of Nameko may be imported before."""
    go_green()
    from mare_nameko.service.command import run  # noqa: PLC0415

    run()


if __name__ == "__main__":
    main()
