"""A control plane: its audit log is complete, and it is gone without a trace."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from kubernetes import client

from mare.processes.command import CommandFailed
from mare.processes.daemon import Daemon
from tests.audit import Request
from tests.control_plane import ControlPlane
from tests.vhost import eventually


@pytest.mark.nightly
def test_nothing_but_logs_is_left_afterwards(own_api_server: ControlPlane) -> None:
    folder = own_api_server.folder
    assert len(_processes(folder)) == 3
    own_api_server.close()
    assert not _processes(folder)
    assert not (folder / "etcd").exists()
    assert (folder / "kube-apiserver.log").stat().st_size


def test_the_audit_log_has_user_request_and_time(api_server: ControlPlane, namespace: str) -> None:
    api_server.kubectl("create", "deployment", "worker", "--image=worker", "-n", namespace)
    before = datetime.now(UTC)
    with api_server.client() as api:
        apps = client.AppsV1Api(api)
        apps.patch_namespaced_deployment_scale("worker", namespace, {"spec": {"replicas": 7}})
        apps.list_namespaced_deployment(namespace)
    after = datetime.now(UTC)

    def recorded() -> list[Request]:
        # Of this namespace alone: an operator of other tests may look after its own meanwhile.
        requests = (each for each in api_server.requests() if each.namespace == namespace)
        return [each for each in requests if each.time > before]

    eventually(lambda: len(recorded()) == 2)  # a request is written down after its answer is sent
    patched, listed = recorded()
    assert before < patched.time < listed.time < after
    assert (patched.verb, patched.resource) == ("patch", "deployments/scale")
    assert (patched.namespace, patched.name, patched.code) == (namespace, "worker", 200)
    assert (patched.user, patched.body) == ("kubernetes-super-admin", {"spec": {"replicas": 7}})
    assert (listed.verb, listed.resource, listed.body) == ("list", "deployments", None)


def _processes(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode()
        except OSError:  # it ended meanwhile
            continue
        if str(folder) in command:
            found.append(command)
    return found


def test_a_server_that_cannot_start_shows_its_last_lines(tmp_path: Path) -> None:
    server = Daemon(["/bin/sh", "-c", "echo the port is taken; exit 1"], tmp_path / "log")
    with pytest.raises(CommandFailed, match=r"sh did not start:\nthe port is taken"):
        server.start(lambda: False, seconds=60)
