"""The program kubectl-mare, which needs no Python, and the manifest with which krew installs it.

python .ci/krew.py FOLDER              build it for this machine: FOLDER/kubectl-mare-OS-ARCH.tar.gz
python .ci/krew.py FOLDER --manifest   print the manifest of all archives in FOLDER
"""

import hashlib
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

_ENTRY = "from mare.__main__ import main\n\nmain()\n"
_URL = "{repository}/releases/download/v{version}/{name}"


def archive(folder: Path) -> Path:
    """Build the program with PyInstaller and pack it with the licence."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    packed = folder / f"kubectl-mare-{platform.system().lower()}-{machine}.tar.gz"
    with tempfile.TemporaryDirectory() as work:
        entry = Path(work, "entry.py")
        entry.write_text(_ENTRY)
        command = [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"),
            *("--onedir", "--name", "kubectl-mare"),
            *("--distpath", f"{work}/dist", "--workpath", f"{work}/work", "--specpath", work),
            *("--collect-submodules", "mare", "--collect-data", "mare"),
            *("--copy-metadata", "mare-operator"),
            *("--collect-data", "jsonschema_specifications"),
            str(entry),
        ]
        subprocess.run(command, check=True)
        program = Path(work, "dist", "kubectl-mare")
        subprocess.run([program / "kubectl-mare", "--version"], check=True, capture_output=True)
        with tarfile.open(packed, "w:gz") as file:
            file.add(program, "kubectl-mare")
            file.add("LICENSE", "kubectl-mare/LICENSE")
    return packed


def manifest(archives: Mapping[str, Path]) -> str:
    """Return the manifest of archives, given by OS-ARCH."""
    version = Path("VERSION").read_text(encoding="utf-8").strip()
    repository = f"https://github.com/{os.environ.get('GITHUB_REPOSITORY', 'OWNER/REPOSITORY')}"
    platforms = "".join(
        _PLATFORM.format(
            os=system.split("-")[0],
            arch=system.split("-")[1],
            url=_URL.format(repository=repository, version=version, name=file.name),
            digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        for system, file in sorted(archives.items())
    )
    return _MANIFEST.format(version=version, repository=repository, platforms=platforms)


_MANIFEST = """\
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: mare
spec:
  version: v{version}
  homepage: {repository}
  shortDescription: Explain and pause the scaling of RabbitMQ workers
  description: |
    Explains why a workload that a QueueAutoscaler scales has its number of
    replicas, pauses and resumes it, and simulates a load.
  platforms:
{platforms}"""
_PLATFORM = """\
    - selector:
        matchLabels:
          os: {os}
          arch: {arch}
      uri: {url}
      sha256: {digest}
      bin: kubectl-mare/kubectl-mare
      files:
        - from: "*"
          to: .
"""


def main() -> None:
    folder = Path(sys.argv[1])
    if sys.argv[2:] == ["--manifest"]:
        files = sorted(folder.glob("kubectl-mare-*.tar.gz"))
        names = (file.name.removesuffix(".tar.gz").removeprefix("kubectl-mare-") for file in files)
        print(manifest(dict(zip(names, files, strict=True))), end="")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        print(archive(folder))


if __name__ == "__main__":
    main()
