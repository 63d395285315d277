"""Leaves out of the programs' libraries what no test uses.

Traefik imports clients of 180 DNS providers, and CoreDNS those of three clouds: 1,300 of the 5,000
packages of a cluster. Go replaces no single file of a module that it has downloaded, so that the
module is copied.
"""

import json
import os
import shutil
from pathlib import Path

from devcluster import CannotRun
from devcluster.toolset import Toolset
from mare.processes.command import DIES_WITH_US, run


def module_file(tools: Toolset, go: str, folder: Path) -> Path:
    """Return a go.mod for `go build -modfile`, by which it uses modules in `folder`.

    Raises CommandFailed if a module cannot be downloaded, CannotRun if it lacks a file.
    """
    copies: dict[str, Path] = {}
    for path, text in tools.trimmed:
        module = max((each for each in tools.modules if path.startswith(f"{each}/")), key=len)
        if module not in copies:
            copies[module] = folder / module.replace("/", "-")
            # Without the modes of the files, which are read-only.
            original = _downloaded(tools, go, module)
            shutil.copytree(original, copies[module], copy_function=shutil.copyfile)
        file = copies[module] / path.removeprefix(f"{module}/")
        if not file.exists():
            raise CannotRun(f"{module} has no {file.name} any more to leave something out of.")
        file.write_text(text)
    replaced = "".join(f"replace {module} => {copy}\n" for module, copy in copies.items())
    (folder / "go.sum").write_text(tools.sums)
    (folder / "go.mod").write_text(f"{tools.module}\n{replaced}")
    return folder / "go.mod"


def _downloaded(tools: Toolset, go: str, module: str) -> Path:
    answer = run(
        [*DIES_WITH_US, go, "mod", "download", "-json", module],
        seconds=600,
        cwd=tools.folder,
        environment={**os.environ, "GOTOOLCHAIN": "local"},
    )
    return Path(json.loads(answer)["Dir"])
