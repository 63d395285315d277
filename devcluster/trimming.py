"""Leaves out of the programs' libraries what no test uses.

Traefik imports clients of 180 DNS providers, and CoreDNS those of three clouds: 1,300 of the 5,000
packages of a cluster. Go replaces no single file of a module that it has downloaded, so that the
module is copied.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

from devcluster.toolset import Toolset


def module_file(tools: Toolset, go: str, folder: Path) -> Path:
    """Return a go.mod for `go build -modfile`, by which it uses modules in `folder`."""
    copies: dict[str, Path] = {}
    for path, text in tools.trimmed:
        module = max((each for each in tools.modules if path.startswith(f"{each}/")), key=len)
        if module not in copies:
            copies[module] = folder / module.replace("/", "-")
            # Without the modes of the files, which are read-only.
            original = _downloaded(tools, go, module)
            shutil.copytree(original, copies[module], copy_function=shutil.copyfile)
        (copies[module] / path.removeprefix(f"{module}/")).write_text(text)
    replaced = "".join(f"replace {module} => {copy}\n" for module, copy in copies.items())
    (folder / "go.sum").write_text(tools.sums)
    (folder / "go.mod").write_text(f"{tools.module}\n{replaced}")
    return folder / "go.mod"


def _downloaded(tools: Toolset, go: str, module: str) -> Path:
    answer = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=tools.folder,
        env={**os.environ, "GOTOOLCHAIN": "local"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=600,
    )
    return Path(json.loads(answer.stdout)["Dir"])
