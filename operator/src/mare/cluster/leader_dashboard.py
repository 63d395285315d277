"""Forwards a local port to the dashboard of the operator that scales an object, by kubectl.

The dashboard binds to 127.0.0.1 in its Pod, so that only a port-forward gets to it. kubectl has the
credentials of every kind that a kubeconfig can name.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mare.cluster.object_reader import Unreadable, connected, read_stored
from mare.cluster.operator_lease import leader_in, lease_of
from mare.cluster.paths import LEASES, PODS
from mare.ports import NotFound

_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ")
_READY_SECONDS = 15.0
_YOURSELF = "; forward its port 8081 yourself and give --dashboard 8081"
_LOCAL = ". For mare local, or a port that you forwarded yourself, give --dashboard 8081"


@dataclass(frozen=True, slots=True)
class _Leader:
    namespace: str
    pod: str
    port: str
    prefix: str


@asynccontextmanager
async def leader_dashboard(
    name: str, namespace: str | None, context: str | None
) -> AsyncIterator[tuple[str, str]]:
    """Yield the URL of the dashboard and the namespace of the object; raise `Unreadable`."""
    try:
        stored = await read_stored(name, namespace, context)
    except Unreadable as error:
        raise Unreadable(f"{error}{_LOCAL}") from error
    leader = await _leader_of(stored, context)
    async with _forwarded(leader, context) as port:
        yield f"http://127.0.0.1:{port}{leader.prefix}/", stored["metadata"]["namespace"]


async def _leader_of(stored: dict[str, Any], context: str | None) -> _Leader:
    name = stored["metadata"]["name"]
    namespace, lease = lease_of(stored)
    if not lease:
        raise Unreadable(f"no operator scales {name} yet: see kubectl describe qa {name}")
    async with connected(namespace, context, "get leases and pods") as (api, _):
        try:
            held = await api.request("GET", LEASES.path(namespace, lease))
            pod = leader_in(held, stored["metadata"]["namespace"]).pod
            if not pod:
                raise Unreadable(f"no replica of the operator leads {name} at this moment")
            found = await api.request("GET", PODS.path(namespace, pod))
        except ValueError as error:
            raise Unreadable(f"the Lease has a format that is not known{_YOURSELF}") from error
        except NotFound as error:
            raise Unreadable(
                f"the Pod of the operator is not found ({error}){_YOURSELF}"
            ) from error
    environment = {
        each["name"]: each.get("value", "")
        for container in found["spec"]["containers"]
        for each in container.get("env", ())
    }
    if environment.get("MARE_DASHBOARD", "true").lower() in {"false", "0", "no"}:
        raise Unreadable("the dashboard of the operator is disabled: set dashboard.enabled")
    prefix = environment.get("MARE_DASHBOARD_PREFIX", "").strip("/")
    port = environment.get("MARE_DASHBOARD_PORT", "8081")
    return _Leader(namespace, pod, port, f"/{prefix}" if prefix else "")


@asynccontextmanager
async def _forwarded(leader: _Leader, context: str | None) -> AsyncIterator[str]:
    arguments = ["port-forward", "-n", leader.namespace, f"pod/{leader.pod}", f":{leader.port}"]
    arguments += ["--address", "127.0.0.1", *(["--context", context] if context else [])]
    pipe = asyncio.subprocess.PIPE
    try:
        kubectl = await asyncio.create_subprocess_exec(
            "kubectl", *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise Unreadable(f"kubectl cannot be run ({error.strerror}){_YOURSELF}") from error
    try:
        yield await _port(kubectl)
    finally:
        if kubectl.returncode is None:
            kubectl.terminate()
        await kubectl.communicate()


async def _port(kubectl: asyncio.subprocess.Process) -> str:
    assert kubectl.stdout is not None
    assert kubectl.stderr is not None
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while line := (await kubectl.stdout.readline()).decode():
                if found := _FORWARDING.match(line):
                    return found[1]
            problem = " ".join((await kubectl.stderr.read()).decode().split())
    except TimeoutError:
        problem = f"no answer in {_READY_SECONDS:g} s"
    raise Unreadable(f"kubectl port-forward fails ({problem}){_YOURSELF}")
