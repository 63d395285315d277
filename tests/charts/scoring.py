"""What kube-score, a policy linter, says of rendered manifests, but for what is meant as it is."""

import subprocess

from devcluster.programs import programs
from tests.charts.helm import Manifests

MEANT = {
    "CPU limit is not set": "a limit slows a start down and protects nobody whom requests do not",
    "ImagePullPolicy is not set to Always": "tags are not moved, and digests cannot be",
    "does not have a host podAntiAffinity set": "topologySpreadConstraints do that",
    "with a low user ID": "999 is the user of the image",
    "with a low group ID": "999 is the group of the image",
    "does not have a valid serviceName": "one replica needs no headless Service",
}


def faults(manifests: Manifests) -> list[str]:
    """Return one line for each thing that is wrong or doubtful."""
    program = programs(("kube-score",), "kube-score")
    answer = subprocess.run(
        [str(program / "kube-score"), "score", "--output-format=ci", "-"],
        input=manifests.text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = [line for line in answer.stdout.splitlines() if line]
    assert any(line.startswith("[OK]") for line in found), answer.stderr
    bad = [line for line in found if line.startswith(("[CRITICAL]", "[WARNING]"))]
    return [line for line in bad if not any(text in line for text in MEANT)]
