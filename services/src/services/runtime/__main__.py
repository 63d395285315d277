"""``python -m services.runtime SERVICE``: run one service."""

from services.runtime.greening import go_green

if __name__ == "__main__":
    go_green()
    from services.runtime.command import main

    main()
