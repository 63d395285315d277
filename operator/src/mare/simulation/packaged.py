"""The scenarios that come with the package."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "scenarios"


def packaged() -> dict[str, Path]:
    """Their files by name, in order."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}
