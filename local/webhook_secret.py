"""The secret that signs the callbacks of a run."""

import base64
import os
import secrets
from pathlib import Path

_BYTES = 32


def kept_secret(path: Path) -> str:
    """Return the secret in ``path``; make it first if there is no such file.

    It stays the same between runs, so that a receiver need not change.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(file, "w", encoding="ascii") as new:
        new.write(f"whsec_{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}\n")
    return path.read_text(encoding="ascii").strip()
