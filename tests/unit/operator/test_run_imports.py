"""`mare run` is small and starts no program: it does not import what only other commands need."""

import subprocess
import sys

PROGRAM = """
import sys
import mare.cli.run
from mare.cluster.client_import import import_small_client
import_small_client()
import mare.entrypoint
print(*sys.modules, sep="\\n")
"""
# mare.drawing is not in the list: the dashboard of `mare run` draws its charts with it.
UNWANTED = {
    "celpy",
    "jsonschema",
    "lark",
    "pendulum",
    "mare.cluster.leader_dashboard",
    "mare.convert",
    "mare.documents",
    "mare.local_run",
    "mare.private_broker",
    "mare.processes",
    "mare.simulation",
    "pydantic",
    "pydantic_core",
}


def test_mare_run_imports_neither_the_tools_nor_the_schema_libraries():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    imported = done.stdout.splitlines()
    assert "kopf" in imported
    found = {name for name in imported for each in UNWANTED if f"{name}.".startswith(f"{each}.")}
    assert found == set()
