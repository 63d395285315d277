"""All files of a release that one machine can build: ``make packages``.

It writes to dist/: wheels and sdists (built twice: the digests must be equal), SBOMs, charts and
plain manifests, and SHA256SUMS. Each wheel is installed into an empty environment.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DIST = Path("dist")
PARTS = ("runtime", "gateway", "services", "operator", "client")
TRIED = {
    "mare_operator": ("mare", "simulate", "sparse"),
    "mare_nameko": ("mare-nameko", "--help"),
    "mare_gateway": ("python", "-c", "import mare_gateway.app"),
    "mare_client": ("python", "-c", "import mare_client"),
    "mare_services": ("python", "-c", "import mare_services.playlists.service"),
}
"""A command of each distribution that shows that its wheel is complete."""
EXTRAS = {"mare_nameko": "[service]"}
_SAMPLE = " ".join(
    f"{name}=sha256:{'0' * 64}"
    for name in ("gateway", "services", "operator", "postgres", "valkey", "rabbitmq")
)
"""Digests for charts that are rendered, but not published."""


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    for step in (versions, distributions, sboms, charts, wheels, sums):
        start = time.monotonic()
        step()
        print(f"{step.__name__:<14} {time.monotonic() - start:6.1f} s", flush=True)


def versions() -> None:
    _run(sys.executable, ".ci/version.py")


def distributions() -> None:
    """Build wheels and sdists twice, with the time of the last commit, and compare."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or _run("git", "log", "-1", "--format=%ct").strip()
    os.environ["SOURCE_DATE_EPOCH"] = epoch
    with tempfile.TemporaryDirectory() as second:
        for folder in (DIST, Path(second)):
            for part in PARTS:
                for kind in ("wheel", "sdist"):
                    _run(
                        *(sys.executable, "-m", "hatchling", "build", "--target", kind),
                        *("--directory", str(folder.absolute())),
                        folder=Path(part),
                    )
        first, again = _digests(DIST), _digests(Path(second))
        if first != again:
            sys.exit(f"Two builds differ: {sorted(first.items() ^ again.items())}")


def sboms() -> None:
    """Write the bill of materials of each image, CycloneDX, from its lock."""
    for part in ("gateway", "services", "operator"):
        _run(
            *(sys.executable, "-m", "cyclonedx_py", "requirements", f"requirements/{part}.txt"),
            *("--pyproject", f"{part}/pyproject.toml", "--output-reproducible"),
            *("--output-file", str(DIST / f"{part}.cdx.json")),
        )


def charts() -> None:
    os.environ.setdefault("REGISTRY", "registry.invalid/mare")
    os.environ.setdefault("DIGESTS", _SAMPLE)
    _run("env", "PYTHONPATH=.", ".venv/bin/python", ".ci/dist.py", str(DIST))


def wheels() -> None:
    """Install each wheel into an empty environment and run one command of it."""
    for name, command in TRIED.items():
        (wheel,) = DIST.glob(f"{name}-*.whl")
        with tempfile.TemporaryDirectory() as folder:
            _run(sys.executable, "-m", "uv", "venv", "--quiet", folder, "--clear")
            _run(
                *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", folder),
                *("--find-links", str(DIST), f"{wheel}{EXTRAS.get(name, '')}"),
            )
            program, *arguments = command
            _run(str(Path(folder, "bin", program)), *arguments, folder=Path(folder))


def sums() -> None:
    lines = [f"{digest}  {name}\n" for name, digest in sorted(_digests(DIST).items())]
    (DIST / "SHA256SUMS").write_text("".join(lines))


def _digests(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.is_file()
    }


def _run(*command: str, folder: Path | None = None) -> str:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{ended.stderr or ended.stdout}")
    return ended.stdout


if __name__ == "__main__":
    main()
