"""The broker's container, as a kubelet would start it, from what Helm renders. Root only.

The root folder is a Debian with RabbitMQ, read-only; user, environment, command and volumes are
those of the StatefulSet, or of a Job. Only the ports are others, so that many run on one machine.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mare.processes.command import DIES_WITH_US
from mare.processes.tcp_ports import free_port
from tests.charts.helm import Manifests
from tests.management import Management
from tests.proc import children

_START = Path(__file__).with_name("container.sh")
_LOG_BYTES = 3000
_ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"
"""What /var/run is a link to; container.sh makes folders outside the root."""
_DOMAIN = "market.svc.cluster.local"


class Ports:
    """Free ones, and the values that make the broker use them."""

    def __init__(self) -> None:
        self.amqp, self.management, self.metrics, self.amqps, self.secure_management = (
            free_port() for _ in range(5)
        )
        self._distribution, self._epmd, self._secure_metrics = (free_port() for _ in range(3))

    def values(self, *, tls: bool = False) -> dict[str, Any]:
        plain = {
            "listeners.tcp.default": self.amqp,
            "management.tcp.port": self.management,
            "prometheus.tcp.port": self.metrics,
        }
        secure = {
            "listeners.ssl.default": self.amqps,
            "management.ssl.port": self.secure_management,
            "prometheus.ssl.port": self._secure_metrics,
        }
        lines = [f"{key} = {port}" for key, port in (secure if tls else plain).items()]
        variables = {
            "RABBITMQ_DIST_PORT": self._distribution,
            "ERL_EPMD_PORT": self._epmd,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
        }
        env = [{"name": name, "value": str(value)} for name, value in variables.items()]
        return {"extraConfig": "\n".join(lines), "extraEnv": env}

    @property
    def epmd(self) -> dict[str, str]:
        """Where a program finds the node."""
        return {"ERL_EPMD_PORT": str(self._epmd)}


class Container:
    """Use it as a context manager; ``volumes`` outlive it in ``folder``."""

    def __init__(
        self,
        root: Path,
        folder: Path,
        manifests: Manifests,
        secrets: Mapping[str, Mapping[str, str]],
        *,
        job: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        ordinal: int = 0,
        network: str = "",
        hosts: str = "",
        account: Mapping[str, str] | None = None,
        cgroup: Path | None = None,
    ) -> None:
        """``cgroup`` is the file to which it writes its process id when it starts."""
        self._account = account
        self._enter_cgroup = ("sh", "-c", 'echo $$ > "$0" && exec "$@"', cgroup) if cgroup else ()
        self._root = root
        self._folder = folder
        self._manifests = manifests
        self._secrets = secrets
        self._process: subprocess.Popen[bytes] | None = None
        self.stateful_set = manifests.one("StatefulSet")
        self._further = environment or {}
        pod = (job or self.stateful_set)["spec"]["template"]["spec"]
        self._user = pod["securityContext"]["runAsUser"]
        (self._container,) = pod["containers"]
        self._volumes = {volume["name"]: volume for volume in pod["volumes"]}
        self.name = f"{self.stateful_set['metadata']['name']}-{ordinal}"
        self._network = network
        self.host = f"{self.name}.{self.stateful_set['spec']['serviceName']}.{_DOMAIN}"
        self._hosts = hosts or f"127.0.0.1 localhost {self.host}"

    def start(self) -> None:
        """Start the container, as after a crash: volumes are mounted anew, data and memory stay."""
        mounts = [
            f"{self._volume(mount['name'])}:{mount['mountPath']}"
            for mount in self._container["volumeMounts"]
        ]
        if self._account:
            self.write("account", self._account, 0o444)
            mounts.append(f"{self._folder / 'account'}:{_ACCOUNT}")
        enter = ["nsenter", f"--net=/run/netns/{self._network}"] if self._network else []
        command = [
            *self._enter_cgroup,
            *DIES_WITH_US,
            *enter,
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            str(_START),
        ]
        places = [str(self._root), str(self._folder), str(self._user), " ".join(mounts)]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *places, self._hosts, *self._command()],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _command(self) -> list[str]:
        return [*self._container["command"], *self._container.get("args", ())]

    def _environment(self) -> dict[str, str]:
        variables = {each["name"]: each.get("value", "") for each in self._container["env"]}
        variables["POD"] = self.name
        named = {key: value.replace("$(POD)", self.name) for key, value in variables.items()}
        return {**named, **self._further}

    def _volume(self, name: str) -> Path:
        """Return the folder of a volume, written as the kubelet does: group-readable, fsGroup."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        volume = self._volumes.get(name, {})
        files: dict[str, str] = {}
        if source := volume.get("configMap"):
            files |= self._manifests.one("ConfigMap", source["name"])["data"]
        for each in volume.get("projected", {}).get("sources", [volume]):
            if source := each.get("secret"):
                files |= self._of_secret(source)
        self.write(name, files, 0o440)
        subprocess.run(["chown", "-R", f"{self._user}:{self._user}", str(folder)], check=True)
        folder.chmod(0o2770)
        return folder

    def write(self, volume: str, files: Mapping[str, str], mode: int) -> None:
        folder = self._folder / volume
        folder.mkdir(exist_ok=True)
        for file, text in files.items():
            folder.joinpath(file).write_bytes(text.encode(errors="surrogateescape"))
            folder.joinpath(file).chmod(mode)

    def _of_secret(self, source: Mapping[str, Any]) -> dict[str, str]:
        content = self._secrets[source.get("secretName") or source["name"]]
        names = source.get("items") or [{"key": key, "path": key} for key in content]
        return {each["path"]: content[each["key"]] for each in names}

    def exec(self, *command: str, seconds: float = 120) -> str:
        """Return what ``command`` prints in the container, as with ``kubectl exec``."""
        spaces = ["--mount", "--pid", "--net", "--root", "--wd"]
        enter = ["nsenter", f"--target={self._init()}", *spaces]
        switch = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
        return subprocess.run(
            [*enter, *switch, *command],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds,
        ).stdout

    def _init(self) -> int:
        assert self._process
        return children(self._process.pid)[0]

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process and self._process.poll() is None:
            os.kill(self._init(), signal.SIGKILL)
            self._process.wait()

    def lose_data(self) -> None:
        """Remove its data and its log, if there are any; it must not run."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        self.log_file.unlink(missing_ok=True)

    def stop(self) -> None:
        os.kill(self._init(), signal.SIGTERM)
        assert self._process
        self._process.wait(60)

    def wait(self, seconds: float) -> int:
        """Return the exit code of a container that ends by itself."""
        assert self._process
        return self._process.wait(seconds)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log_file(self) -> Path:
        return self._folder / "log"

    def log(self) -> str:
        return self.log_file.read_bytes()[-_LOG_BYTES:].decode(errors="replace")

    def management(self, ports: Ports, user: str, password: str) -> Management:
        return Management(f"http://{user}:{password}@127.0.0.1:{ports.management}")
