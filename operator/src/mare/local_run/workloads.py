"""Programs as scale targets: a replica is a process."""

import asyncio
from collections.abc import Iterable, Mapping

from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.local_run.program import Program
from mare.local_run.readiness import unready
from mare.ports import Conflict, NotFound, Scale
from mare.processes import Events, Group, Replica

_LOOK_SECONDS = 0.1


class ProcessWorkloads:
    """Implements `mare.ports.Workloads`. Use it from one event loop that outlives the processes."""

    def __init__(self, programs: Iterable[Program], events: Events) -> None:
        self._programs = {program.name: program for program in programs}
        self._groups = {
            name: Group(name, program.command, events, grace=program.stop_seconds)
            for name, program in self._programs.items()
        }
        self._versions = dict.fromkeys(self._programs, 1)
        self._busy: dict[str, Mapping[str, int]] = {}
        self._ready: set[tuple[str, int]] = set()
        """Names of replicas, with the process that was found ready."""

    def start(self) -> None:
        """Start the copies that each program begins with."""
        for name, program in self._programs.items():
            self._groups[name].scale(program.replicas)

    def group(self, name: str) -> Group:
        return self._groups[name]

    def get(self, target: ScaleTarget) -> Scale | Unknown:
        name = target.name
        if name not in self._groups:
            return Unknown("WorkloadNotFound", f"no command is called {name}", name)
        replicas = self._groups[name].replicas.values()
        return Scale(
            replicas=len(replicas),
            version=str(self._versions[name]),
            ready=sum(map(self.is_ready, replicas)),
            selector="",
            grace_seconds=int(self._programs[name].stop_seconds),
        )

    async def scale(self, target: ScaleTarget, last_read: Scale, replicas: int) -> None:
        group = self._groups.get(target.name)
        if group is None:
            raise NotFound(f"no command is called {target.name}")
        if last_read.version != str(self._versions[target.name]):
            raise Conflict(f"{target.name} was scaled meanwhile")
        self._versions[target.name] += 1
        group.scale(replicas, self._busy.pop(target.name, None))

    async def refresh(self, target: ScaleTarget) -> None:
        """Nothing is kept that could be old."""

    async def set_deletion_costs(
        self,
        target: ScaleTarget,
        last_read: Scale,  # noqa: ARG002
        busy: Mapping[str, int],
    ) -> bool:
        """Remember who is busy until the next change of the count."""
        self._busy[target.name] = busy
        return any(each.name in busy for each in self._groups[target.name].replicas.values())

    def sessions(self) -> dict[int, str]:
        """The names of all replicas that run, by the process that leads their session."""
        groups = self._groups.values()
        replicas = (replica for group in groups for replica in group.replicas.values())
        return {replica.pid: replica.name for replica in replicas if replica.pid is not None}

    def is_ready(self, replica: Replica) -> bool:
        return replica.pid is not None and (replica.name, replica.pid) in self._ready

    async def watch(self) -> None:
        """Ask those that are not ready yet whether they are, until cancelled."""
        while True:
            waiting = [
                self._ask(replica, self._programs[name], number)
                for name, group in self._groups.items()
                for number, replica in group.replicas.items()
                if replica.pid is not None and not self.is_ready(replica)
            ]
            await asyncio.gather(*waiting)
            self._ready &= {(name, pid) for pid, name in self.sessions().items()}
            await asyncio.sleep(_LOOK_SECONDS)

    async def _ask(self, replica: Replica, program: Program, number: int) -> None:
        pid = replica.pid
        if pid is not None and await self.obstacle(program, number) is None:
            self._ready.add((replica.name, pid))

    async def obstacle(self, program: Program, number: int) -> str | None:
        """Why a copy is not ready; None if it is, or cannot tell."""
        port = program.ready_port(number)
        if port is None or program.probe is None:
            return None
        return await unready(port, program.probe.path)

    async def stop(self, name: str) -> None:
        """End all copies of a program; a second call kills those that still run."""
        await self._groups[name].stop()

    async def kill(self) -> None:
        """End all processes within a second."""
        for _ in range(2):  # the second time, those that were only asked before are killed
            ends = [asyncio.create_task(group.stop()) for group in self._groups.values()]
            await asyncio.wait(ends, timeout=0.5)
