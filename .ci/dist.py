"""Package the charts, and write one plain manifest of each for people who only ``kubectl apply``.

``python .ci/dist.py FOLDER [HELM]``; HELM is by default the one on the PATH or the tests' own.
$REGISTRY is where our images are. $TAG is by default the version of the charts. $DIGESTS, such as
``gateway=sha256:... services=sha256:...``, are those of the images that the charts name by default:
a person who sets another tag gets that one.
A plain manifest has everything in one namespace, ``mare``, and none of the chart's hooks: those
serve upgrades and tests by Helm. That of playlists leaves the operator to the operator's own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from base_images import references

CHARTS = Path("charts")
NAMESPACE = "mare"
VALUES = {"playlists": ("operator.enabled=false",)}

_NAMESPACE = f"""\
apiVersion: v1
kind: Namespace
metadata:
  name: {NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""


def main() -> None:
    folder = Path(sys.argv[1])
    if not os.environ.get("REGISTRY"):
        sys.exit("Set REGISTRY to where the images are: make dist REGISTRY=ghcr.io/OWNER")
    helm = sys.argv[2] if len(sys.argv) > 2 else found_helm()  # noqa: PLR2004 - the optional one
    folder.mkdir(parents=True, exist_ok=True)
    version = Path("VERSION").read_text(encoding="utf-8").strip()
    for chart in sorted(each.parent for each in CHARTS.glob("*/Chart.yaml")):
        with tempfile.TemporaryDirectory() as work:
            built = with_dependencies(helm, chart, Path(work))
            run(helm, "package", str(built), "--destination", str(folder))
        packaged = folder / f"{chart.name}-{version}.tgz"
        (folder / f"{chart.name}-install.yaml").write_text(plain(helm, chart.name, packaged))
    print(*sorted(each.name for each in folder.iterdir()), sep="\n")


def found_helm() -> str:
    installed = shutil.which("helm")
    if installed:
        return installed
    from devcluster.programs import programs  # noqa: PLC0415 - it may be built, so not for all

    return str(programs(("helm4",)) / "helm4")


def with_dependencies(helm: str, chart: Path, work: Path) -> Path:
    """Return a released copy of ``chart`` beside copies of those that it names by ``file://..``."""
    ignored = shutil.ignore_patterns("charts", "*.tgz")
    shutil.copytree(CHARTS, work / "charts", ignore=ignored)
    for name in ("operator", "playlists", "rabbitmq"):
        release(work / "charts" / name / "values.yaml")
    copy = work / "charts" / chart.name
    run(helm, "dependency", "build", str(copy))
    return copy


def release(file: Path) -> None:
    """Write registry and tag into the values of a chart and into its defaults; add digests."""
    (file.parent / "files/digests.yaml").write_text(digests())
    own = {}
    if file.parent.name != "rabbitmq":
        own = {"image.registry": os.environ["REGISTRY"], "image.tag": os.environ.get("TAG", "")}
    defaults = file.parent / "files/values.txt"
    text, lines = file.read_text(), f"\n{defaults.read_text()}"
    for path, value in own.items():
        text = replaced(text, path.split("."), value)
        lines = lines.replace(f'\n{path} ""\n', f'\n{path} "{value}"\n')
    file.write_text(text)
    defaults.write_text(lines.removeprefix("\n"))


def digests() -> str:
    """Return $DIGESTS as YAML, a line for each image with its repository and tag."""
    images = references()
    tag = os.environ.get("TAG") or Path("VERSION").read_text(encoding="utf-8").strip()
    given = (each.split("=") for each in os.environ.get("DIGESTS", "").split())
    return "".join(
        f"{images.get(name, f'mare/{name}:{tag}').removeprefix('docker.io/')}: {digest}\n"
        for name, digest in given
    )


def replaced(text: str, path: list[str], value: str) -> str:
    """Return YAML with another value at ``path``, an empty text before; comments stay."""
    position = 0
    for depth, key in enumerate(path):
        position = text.index(f"\n{'  ' * depth}{key}:", position) + 1
    head, tail = text[:position], text[position:]
    line, _, rest = tail.partition("\n")
    if not line.endswith('""'):
        sys.exit(f"{'.'.join(path)} is not empty in the chart: {line.strip()}")
    return f'{head}{line[:-2]}"{value}"\n{rest}'


def plain(helm: str, name: str, chart: Path) -> str:
    settings = [f"--set={value}" for value in VALUES.get(name, ())]
    text = run(
        *(helm, "template", NAMESPACE, str(chart), f"--namespace={NAMESPACE}"),
        *("--include-crds", "--no-hooks", *settings),
    )
    lines = (line for line in text.splitlines() if "app.kubernetes.io/managed-by: Helm" not in line)
    return _NAMESPACE + "\n".join(lines) + "\n"


def run(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{answer.stderr or answer.stdout}")
    return answer.stdout


if __name__ == "__main__":
    main()
