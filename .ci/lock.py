"""Say whether requirements/ belongs to the dependencies that the pyproject.toml files declare.

``make lock`` runs this with ``--write`` and so leaves a digest of both; ``make check`` compares,
which needs neither network nor time.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

DIGEST = Path("requirements/digest")
PROJECTS = (".", "runtime", "gateway", "services", "operator", "client")


def declared(project: str) -> dict[str, Any]:
    """Return what of a pyproject.toml has a say in the choice of versions."""
    content = tomllib.loads(Path(project, "pyproject.toml").read_text(encoding="utf-8"))
    about = content.get("project", {})
    return {
        "groups": content.get("dependency-groups"),
        **{
            key: about.get(key)
            for key in ("requires-python", "dependencies", "optional-dependencies")
        },
    }


def digest() -> str:
    locks = {path.name: path.read_text() for path in sorted(Path("requirements").glob("*.txt"))}
    state = [*map(declared, PROJECTS), locks]
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest() + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        DIGEST.write_text(digest())
    elif not DIGEST.exists() or DIGEST.read_text() != digest():
        sys.exit("requirements/ does not belong to the pyproject.toml files: run 'make lock'.")
