"""The order in which connections.sh gives passwords, with a program in the place of RabbitMQ's."""

import os
import subprocess
from pathlib import Path

from tests.charts.rabbitmq.matrix import CHART

_RABBITMQCTL = r"""#!/bin/sh
cd STATE
case $5 in
    import_definitions) echo changed > password ;;
    eval)
        [ ! -e "$4" ] || cp "$4" password
        rm -f "$4"
        ;;
esac
"""
"""A node that starts imports its file just before the file is deleted."""


def test_a_node_that_starts_while_the_job_runs_brings_no_former_password_back(tmp_path: Path):
    programs, state = tmp_path / "programs", tmp_path / "state"
    for folder in (programs, state):
        folder.mkdir()
    (programs / "rabbitmqctl").write_text(_RABBITMQCTL.replace("STATE", str(state)))
    (programs / "rabbitmqctl").chmod(0o755)
    (programs / "escript").symlink_to("/bin/true")
    (state / "node-1").write_text("former\n")

    subprocess.run(
        ["sh", str(CHART / "files" / "connections.sh"), "10-users.json"],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "NODES": "node-0 node-1 node-2",
        },
        check=True,
        timeout=60,
    )

    assert (state / "password").read_text() == "changed\n"
    assert not (state / "node-1").exists()
