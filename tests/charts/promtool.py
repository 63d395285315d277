"""Tests of PromQL, as promtool evaluates it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def evaluate(promtool: Path, folder: Path, tests: Mapping[str, Any]) -> None:
    """Run `tests`, a file of `promtool test rules`, in `folder`; raise AssertionError."""
    checked = folder / "tests.json"
    checked.write_text(json.dumps(tests))

    command = [promtool, "test", "rules", checked]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)

    assert answer.returncode == 0, answer.stdout + answer.stderr
