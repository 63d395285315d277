"""Runs an image like a restricted Pod: read-only root file system, no capabilities, no root."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self

from devcluster.images.engines import Docker, Engine
from mare.processes.command import run

# Like a container runtime: mounts in a new namespace, then all privileges are dropped.
_ENTER = """\
root=$0; user=$1; folder=$2; shift 2
mount --bind "$root" "$root" && mount -o remount,bind,ro "$root"
mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev"
mount --bind "$folder" "$root/mnt" && mount -o remount,bind,ro "$root/mnt"
exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid \\
    /usr/sbin/chroot --userspec="$user" "$root" "$@"
"""


class Image:
    """A built image. Closing it removes its container."""

    def __init__(self, engine: Engine, tag: str) -> None:
        self.engine = engine
        self.tag = tag
        self.megabytes = engine.size(tag) / 1_000_000
        self._container = ""

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The OCI configuration: User, Env, Entrypoint, Cmd, Labels."""
        if isinstance(self.engine, Docker):
            config = json.loads(run(["docker", "image", "inspect", self.tag], seconds=180))[0][
                "Config"
            ]
        else:
            output = run(["buildah", "inspect", "--type", "image", self.tag], seconds=180)
            config = json.loads(output)["OCIv1"]["config"]
        assert isinstance(config, dict)
        return config

    def output(self, *command: str) -> str:
        """Return the output of a command in the image; fail if the command fails."""
        result = self.attempt(*command)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(command, {}, Path("/mnt")),
            env=self._environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=180,
        )

    @contextmanager
    def started(
        self, *arguments: str, folder: Path = Path("/mnt"), **environ: str
    ) -> Iterator["Process"]:
        """Start the entrypoint of the image with ``arguments``, or with the default ones.

        ``folder`` is mounted at /mnt.
        """
        config = self.config
        command = [*(config.get("Entrypoint") or ()), *(arguments or config.get("Cmd") or ())]
        with TemporaryFile() as log:
            process = subprocess.Popen(
                self._command(command, environ, folder),
                env=self._environment(environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                yield Process(process, log.fileno())
            finally:
                process.kill()
                process.wait()

    def _command(
        self, command: Sequence[str], environ: Mapping[str, str], folder: Path
    ) -> list[str]:
        if isinstance(self.engine, Docker):
            values = [f"{name}={value}" for name, value in environ.items()]
            return [
                *("docker", "run", "--rm", "--network", "host", "--read-only", "--init"),
                *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
                *("--volume", f"{folder}:/mnt:ro"),
                *(word for value in values for word in ("--env", value)),
                *("--entrypoint", command[0], self.tag, *command[1:]),
            ]
        enter = ["unshare", "--mount", "sh", "-ec", _ENTER, str(self._root), self.config["User"]]
        return [*enter, str(folder), *command]

    def _environment(self, environ: Mapping[str, str]) -> Mapping[str, str] | None:
        """Return the variables of the process, also of those that enter the image."""
        if isinstance(self.engine, Docker):
            return None
        return {**dict(value.split("=", 1) for value in self.config["Env"]), **environ}

    @cached_property
    def _root(self) -> Path:
        self._container = run(["buildah", "from", self.tag], seconds=180).strip()
        return Path(run(["buildah", "mount", self._container], seconds=180).strip())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._container:
            run(["buildah", "rm", self._container], seconds=180)


class Process:
    """The process of a started image."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: int) -> None:
        self._process = process
        self._log = log

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self, seconds: float = 60) -> int:
        """Send SIGTERM; return the exit code."""
        self._process.terminate()
        return self._process.wait(seconds)

    def log(self) -> str:
        return os.pread(self._log, 1_000_000, 0).decode(errors="replace")
