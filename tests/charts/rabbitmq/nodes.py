"""Programs in the place of RabbitMQ's: they answer for nodes that a test describes."""

import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.charts.helm import Manifests

_USERS = ("admin", "gateway", "operator", "services")
_PROGRAMS = ("rabbitmqctl", "rabbitmq-diagnostics", "rabbitmq-queues")
_ANSWER = r"""#!/bin/sh
folder=NODES/$4
[ -d "$folder" ] || exit 69
case $5 in
    ping) ;;
    import_definitions) ! mv "$folder/$5" "$folder/check_running" ;;
    check_running) ! rm "$folder/$5" ;;
    check_local_alarms | check_if_node_is_quorum_critical) [ ! -e "$folder/$5" ] ;;
    eval)
        case $6 in
            *rabbit_amqqueue*) cat "$folder/broken" ;;
            *) cat "$folder/$(echo "$6" | grep -o "list_[a-z]*")" ;;
        esac
        ;;
    *) cat "$folder/$5" ;;
esac
"""


_ERL = """#!/bin/sh
for node in NODES/*; do
    case "$*" in *"${node##*@}"*) [ ! -d "$node" ] || exit 0 ;; esac
done
exit 1
"""
"""Whether the host in the expression is that of a node."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node that answers.

    ``fails`` are checks that it does not pass, and commands that a restart interrupts. ``broken``
    are queues without a leader. ``silent`` are commands that fail.
    """

    version: str = "4.2.4"
    flags: Mapping[str, str] = field(default_factory=dict)
    fails: Collection[str] = ()
    broken: Collection[str] = ()
    silent: Collection[str] = ()


class Nodes:
    """The nodes of a cluster: ``members`` belong to it, and those in ``running`` answer."""

    def __init__(self, folder: Path, members: Collection[str], running: Mapping[str, Node]) -> None:
        self._folder = folder
        for name, node in running.items():
            files = {
                "list_members": members,
                "list_running": [each for each in running if each in members],
                "server_version": [node.version],
                "list_users": [f"{user}\t[]" for user in _USERS],
                "list_feature_flags": [f"{flag}\t{state}" for flag, state in node.flags.items()],
                "broken": [*node.broken, "ok"],
                **dict.fromkeys(node.fails, ()),
            }
            files = {name: lines for name, lines in files.items() if name not in node.silent}
            (folder / "nodes" / name).mkdir(parents=True)
            for file, lines in files.items():
                (folder / "nodes" / name / file).write_text("".join(f"{it}\n" for it in lines))

    def run(
        self,
        task: str,
        before: Manifests | None,
        upgrade: Manifests,
        version: str,
        lost: Collection[str] = (),
    ) -> tuple[int, str]:
        """Run a Job of ``upgrade`` in an image of ``version``; return exit code and last line."""
        home = self._folder / "image"
        plugin = f"rabbit-{version}" if version[0].isdecimal() else "none"
        (home / "plugins" / plugin).mkdir(parents=True, exist_ok=True)
        (home / "sbin").mkdir(exist_ok=True)
        (home / "sbin" / "sleep").symlink_to("/bin/true")
        for program in ("rabbitmq-server", *_PROGRAMS):
            (home / "sbin" / program).write_text(_ANSWER.replace("NODES", f"{self._folder}/nodes"))
            (home / "sbin" / program).chmod(0o755)
        job = upgrade.one("Job", f"shop-rabbitmq-{task}")
        (container,) = job["spec"]["template"]["spec"]["containers"]
        (script,) = container["args"]
        for path in ("/etc/rabbitmq", "/dev/termination-log"):
            script = script.replace(path, f"{self._folder}/{path.rsplit('/', 1)[1]}")
        (home / "sbin" / "erl").write_text(_ERL.replace("NODES", f"{self._folder}/nodes"))
        (home / "sbin" / "erl").chmod(0o755)
        if before and "credentials" not in lost:
            self._mount("rabbitmq-credentials", {"erlang-cookie": "COOKIE"})
        if before and "files" not in lost:
            self._mount("rabbitmq", before.one("ConfigMap", "shop-rabbitmq")["data"])
        environment = {each["name"]: each["value"] for each in container["env"]}
        answer = subprocess.run(
            ["sh", "-c", script],
            env=environment | {"PATH": f"{home}/sbin:/usr/bin:/bin", "HOME": str(self._folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return answer.returncode, answer.stdout.splitlines()[-1]

    def _mount(self, name: str, files: Mapping[str, str]) -> None:
        folder = self._folder / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
