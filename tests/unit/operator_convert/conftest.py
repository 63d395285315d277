"""The commands are run by a real bash; a stand-in for kubectl prints what it was given."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

KUBECTL = r"""#!{python}
import base64, json, os, re, sys
arguments = [a for a in sys.argv[1:]]
stored = json.load(open(os.environ["STORED"]))
if "printenv" in arguments:
    print(stored[arguments[-1]])
elif "get" in arguments:
    kind, name = arguments[arguments.index("get") + 1 :][:2]
    key = re.fullmatch(r"jsonpath=\{{\.data\.(.*)\}}", arguments[-1])[1].replace("\\.", ".")
    value = stored[name][key]
    print(base64.b64encode(value.encode()).decode() if kind == "secret" else value, end="")
elif "patch" in arguments:
    [file] = [a.removeprefix("--patch-file=") for a in arguments if a.startswith("--patch-file=")]
    print(open(file).read())
elif "create" in arguments:
    made = {{"name": arguments[arguments.index("generic") + 1], "data": {{}}}}
    made["namespace"] = arguments[1] if arguments[0] == "-n" else None
    for argument in arguments:
        if argument.startswith("--from-file="):
            key, path = argument.removeprefix("--from-file=").split("=", 1)
            made["data"][key] = open(path).read()
        elif argument.startswith("--from-literal="):
            key, value = argument.removeprefix("--from-literal=").split("=", 1)
            made["data"][key] = value
    json.dump(made, sys.stdout)
"""


@pytest.fixture
def run(tmp_path: Path):
    """Run a command with values that lie in Secrets, ConfigMaps or variables."""

    def run(command: str, stored: dict, typed: str = "") -> dict:
        program = tmp_path / "kubectl"
        program.write_text(KUBECTL.format(python=os.sys.executable))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (tmp_path / "stored.json").write_text(json.dumps(stored))
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "STORED": str(tmp_path / "stored.json"),
        }
        done = subprocess.run(
            ["bash", "-c", command],
            env=environment,
            capture_output=True,
            check=True,
            text=True,
            input=typed,
        )
        return json.loads(done.stdout)

    return run
