"""Programs in the place of RabbitMQ's: they answer for nodes that a test describes."""

import subprocess
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.charts.helm import Manifests

NAMES = [f"rabbit@shop-rabbitmq-{n}.shop-rabbitmq-nodes.market.svc.cluster.local" for n in range(3)]
ONE, THREE = {"replicas": 1}, {"replicas": 3}
COOKIE = "COOKIE"
_USERS = ("admin", "gateway", "operator", "services")
_PROGRAMS = ("rabbitmqctl", "rabbitmq-diagnostics", "rabbitmq-queues")
_ANSWER = r"""#!/bin/sh
[ "$1" != version ] || { echo VERSION; exit; }
folder=NODES/$4
[ -d "$folder" ] || exit 69
[ "$(cat "$folder/cookie")" = "$(cat "$HOME/.erlang.cookie")" ] || {
    [ "$5" = eval ] && echo "  * TCP connection succeeded but Erlang distribution failed" >&2 ||
        echo "Failed to connect and authenticate to $4 in 60000 ms" >&2
    exit 69
}
case $5 in
    ping) ;;
    import_definitions) ! mv "$folder/$5" "$folder/check_running" ;;
    check_running) ! rm "$folder/$5" ;;
    check_local_alarms) [ ! -e "$folder/$5" ] ;;
    eval)
        cat "$folder/$(echo "$6" | grep -o "list_[a-z]*" | tail -n 1)"
        ;;
    delete_user | enable_feature_flag | rebalance) echo "$5 $6" ;;
    *) cat "$folder/$5" ;;
esac
"""
Values = Mapping[str, Any]
RunJob = Callable[..., tuple[int, str]]
"""The fixture `run`."""

_GETENT = """#!/bin/sh
[ -d "NODES/rabbit@$2" ]
"""
"""Whether a node has this host name."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node that answers.

    ``fails`` are checks that it does not pass, and commands that a restart interrupts. ``critical``
    are queues that would lose their majority without it, ``few`` those of fewer than three members,
    as it reports them. ``silent`` are commands that fail.
    ``reaches`` is the number of running nodes that it sees. ``flags`` are its feature flags, and
    the state and stability of each.
    """

    version: str = "4.2.4"
    fails: Collection[str] = ()
    critical: Collection[str] = ()
    few: Collection[str] = ()
    silent: Collection[str] = ()
    cookie: str = COOKIE
    reaches: int = 9
    flags: Mapping[str, str] = field(default_factory=lambda: {"khepri_db": "enabled stable"})


class Nodes:
    """The nodes of a cluster: ``members`` belong to it, and those in ``running`` answer."""

    def __init__(self, folder: Path, members: Collection[str], running: Mapping[str, Node]) -> None:
        self._folder = folder
        for name, node in running.items():
            files = {
                "list_members": members,
                "list_running": [each for each in running if each in members][: node.reaches],
                "list_with": node.critical,
                "list_by": node.few,
                "server_version": [node.version],
                "cookie": [node.cookie],
                "list_feature_flags": [
                    "\t".join([name, *each.split()]) for name, each in node.flags.items()
                ],
                "list_users": [f"{user}\t[]" for user in _USERS],
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
        *,
        former: str = "",
    ) -> tuple[int, str]:
        """Run a Job of ``upgrade`` in an image of ``version``; return exit code and last line.

        ``former``: a key of the Secret or ConfigMap of the name that earlier versions gave it.
        """
        image = self._folder / "image"
        image.mkdir()
        (image / "sleep").symlink_to("/bin/true")
        for program, text in {**dict.fromkeys(_PROGRAMS, _ANSWER), "getent": _GETENT}.items():
            known = text.replace("NODES", f"{self._folder}/nodes").replace("VERSION", version)
            (image / program).write_text(known)
            (image / program).chmod(0o755)
        (job,) = (j for j in upgrade.all("Job") if j["metadata"]["name"].endswith(f"-{task}"))
        (container,) = job["spec"]["template"]["spec"]["containers"]
        (script,) = container["args"]
        for path in ("/etc/rabbitmq", "/dev/termination-log"):
            script = script.replace(path, f"{self._folder}/{path.rsplit('/', 1)[1]}")
        if before and "credentials" not in lost:
            passwords = {f"{user}-password": "secret" for user in _USERS}
            self._mount("rabbitmq-credentials", {"erlang-cookie": COOKIE, **passwords})
        if before and "files" not in lost:
            self._mount("rabbitmq", before.one("ConfigMap", "shop-rabbitmq")["data"])
        if former:
            self._mount("rabbitmq-former", {former: "any"})
        environment = {each["name"]: each["value"] for each in container["env"]}
        answer = subprocess.run(
            ["sh", "-c", script],
            env=environment | {"PATH": f"{image}:/usr/bin:/bin", "HOME": str(self._folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return answer.returncode, answer.stdout.splitlines()[-1]

    def _mount(self, name: str, files: Mapping[str, str]) -> None:
        folder = self._folder / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
