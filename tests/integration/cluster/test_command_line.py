"""Errors of `make cluster`."""

import subprocess
import sys
from pathlib import Path


def test_an_error_is_printed_as_one_sentence(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "devcluster", "up"],
        env={"MARE_KUBECONTEXT": "mine", "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("With MARE_KUBECONTEXT set, set also MARE_REGISTRY")
    assert "Traceback" not in answer.stderr
