"""The images of others that a release is built on and installs, each with its digest of today.

``python .ci/base_images.py FILE`` prints outputs of a job: ``python`` and ``rabbitmq``, references
with tag and digest, and ``digests`` for .ci/dist.py. FILE gets the references of all, for the files
of the release. It asks the registries by ``docker buildx``.
"""

import re
import subprocess
import sys
from pathlib import Path


def references() -> dict[str, str]:
    """Return the image of each name, with its tag."""
    return {
        "python": _found("Dockerfile", r"ARG BASE=(\S+)"),
        "rabbitmq": "docker.io/library/rabbitmq:"
        + _found("charts/rabbitmq/Chart.yaml", r"appVersion: (\S+)")
        + "-management",
        **{
            name: f"docker.io/{repository}:"
            + _found(
                "charts/playlists/values.yaml", rf'repository: {repository}\n.*\n *tag: "([^"]+)"'
            )
            for name, repository in (("valkey", "valkey/valkey"), ("postgres", "library/postgres"))
        },
    }


def main() -> None:
    images = references()
    digests = {name: digest(image) for name, image in images.items()}
    pinned = {name: f"{image}@{digests[name]}" for name, image in images.items()}
    lines = "".join(f"{image}\n" for image in pinned.values())
    Path(sys.argv[1]).write_text(lines, encoding="utf-8")
    for name in ("python", "rabbitmq"):
        print(f"{name}={pinned[name]}")
    print("digests=" + " ".join(f"{name}={digests[name]}" for name in images if name != "python"))


def digest(image: str) -> str:
    command = ["docker", "buildx", "imagetools", "inspect", image]
    answer = subprocess.run(
        [*command, "--format", "{{.Manifest.Digest}}"], capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def _found(file: str, expression: str) -> str:
    match = re.search(expression, Path(file).read_text(encoding="utf-8"))
    if match is None:
        raise LookupError(f"{file} has no {expression}")
    return match[1]


if __name__ == "__main__":
    main()
