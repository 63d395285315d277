"""Programs as scale targets. A replica is a process."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

import aiohttp

from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.jobs import Job
from mare.domain.unknown import Unknown
from mare.local_run.program import Program
from mare.ports import Conflict, NotFound, OnKilled, Removal, Scale
from mare.processes import Events, Group, Replica

_POLL_SECONDS = 0.1
_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=2.0)
_LONGEST_ANSWER = 4096


class ProcessWorkloads:
    """Implements `mare.ports.Workloads`. It belongs to one event loop."""

    def __init__(
        self,
        programs: Iterable[Program],
        events: Events,
        on_kill: Callable[[], object] = lambda: None,
    ) -> None:
        """`on_kill` is called for each process that is killed at the end of its grace period."""
        self._programs = {program.name: program for program in programs}
        self._groups = {
            name: Group(name, program.command, events, grace=program.stop_seconds, on_kill=on_kill)
            for name, program in self._programs.items()
        }
        self._versions = dict.fromkeys(self._programs, 1)
        self._costs: dict[str, Mapping[str, float]] = {}
        self._ready: set[tuple[str, int]] = set()
        """The name and process id of each replica that has been ready."""

    def start(self) -> None:
        for name, program in self._programs.items():
            self._groups[name].scale(program.replicas)

    def group(self, name: str) -> Group:
        return self._groups[name]

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        name = target.name
        if name not in self._groups:
            return Unknown("WorkloadNotFound", f"there is no command {name}", name)
        replicas = self._groups[name].replicas.values()
        return Scale(
            replicas=len(replicas),
            version=str(self._versions[name]),
            ready=sum(map(self.is_ready, replicas)),
            selector="",
            grace_seconds=int(self._programs[name].stop_seconds),
        )

    async def scale(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        is_allowed: Callable[[], bool] = lambda: True,  # noqa: ARG002 - one request
    ) -> None:
        group = self._groups.get(target.name)
        if group is None:
            raise NotFound(f"there is no command {target.name}")
        if last_read.version != str(self._versions[target.name]):
            raise Conflict(f"{target.name} was scaled in the meantime")
        self._versions[target.name] += 1
        group.scale(replicas, self._costs.pop(target.name, None))

    def remembered_jobs(self, target: ScaleTarget) -> tuple[tuple[Job, ...], bool]:  # noqa: ARG002
        """Return none: commands are no Jobs."""
        return (), False

    async def delete_job(self, target: ScaleTarget, job: Job) -> None:
        """Do nothing: commands are no Jobs."""

    async def refresh(self, target: ScaleTarget) -> None:
        """Do nothing: `get` reads the current processes."""

    async def mark_victims(
        self,
        target: ScaleTarget,
        last_read: Scale,  # noqa: ARG002
        removal: Removal,
        is_allowed: Callable[[], bool],  # noqa: ARG002
    ) -> bool:
        """Keep the costs for the next `scale`."""
        self._costs[target.name] = removal.costs
        replicas = self._groups[target.name].replicas.values()
        return any(each.name in removal.costs for each in replicas)

    async def watch_killed(
        self,
        target: ScaleTarget,
        last_read: Scale,
        replicas: int,
        on_killed: OnKilled,
    ) -> None:
        """Watch nothing: the group reports each process that it kills."""

    async def unready_cause(self, target: ScaleTarget, last_read: Scale) -> str | None:  # noqa: ARG002
        """Return None: the terminal shows the lines of a process that is not ready."""
        return None

    def sessions(self) -> dict[int, str]:
        """Return the names of all running replicas by process id, which is the session id too."""
        groups = self._groups.values()
        replicas = (replica for group in groups for replica in group.replicas.values())
        return {replica.pid: replica.name for replica in replicas if replica.pid is not None}

    def is_ready(self, replica: Replica) -> bool:
        return replica.pid is not None and (replica.name, replica.pid) in self._ready

    async def watch(self) -> None:
        """Probe the replicas that are not ready yet, until cancelled."""
        while True:
            probes = [
                self._probe(replica, self._programs[name], number)
                for name, group in self._groups.items()
                for number, replica in group.replicas.items()
                if replica.pid is not None and not self.is_ready(replica)
            ]
            await asyncio.gather(*probes)
            self._ready &= {(name, pid) for pid, name in self.sessions().items()}
            await asyncio.sleep(_POLL_SECONDS)

    async def _probe(self, replica: Replica, program: Program, number: int) -> None:
        pid = replica.pid
        if pid is not None and await self.unready_reason(program, number) is None:
            self._ready.add((replica.name, pid))

    async def unready_reason(self, program: Program, number: int) -> str | None:
        """Return None if the process is ready, else what its probe answers."""
        port = program.ready_port(number)
        if port is None or program.probe is None:
            return None
        url = f"http://127.0.0.1:{port}{program.probe.path}"
        try:
            async with (
                aiohttp.ClientSession(timeout=_PROBE_TIMEOUT) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(_LONGEST_ANSWER)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return f"no answer on port {port}"
        return None if answer.status == HTTPStatus.OK else body.decode(errors="replace").strip()

    async def stop(self, name: str) -> None:
        """Stop all processes of a program; a second call kills those that remain."""
        await self._groups[name].stop()

    async def kill(self) -> None:
        for _ in range(2):  # the second call of `stop` kills
            ends = [asyncio.create_task(group.stop()) for group in self._groups.values()]
            await asyncio.wait(ends, timeout=0.5)
