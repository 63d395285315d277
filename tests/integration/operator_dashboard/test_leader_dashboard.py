"""The way from the name of an object to the dashboard of its operator.

The API server is small and a program stands for kubectl: no kubelet forwards a port here.
"""

import asyncio
import json
import stat

import pytest
import yaml
from aiohttp import web
from click.testing import CliRunner

from mare.cli import mare
from mare.serving import serving
from mare.sharding.assignment import Assignment, Member, group_of, shard_of
from tests.integration.operator_dashboard.test_load_download import WAITING, recorded
from tests.integration.operator_dashboard.visiting import have, visit
from tests.unit.operator_loop.worlds import body

KUBECTL = """#!/bin/sh
echo "$@" > {folder}/arguments
echo "Forwarding from 127.0.0.1:{port} -> 8081"
exec sleep 60
"""
REFUSED = """#!/bin/sh
echo "error: pods \\"mare-0\\" is forbidden" >&2
exit 1
"""
OBJECT = {**body("busy"), "status": {"operator": "mare/mare-operator"}}
LEASE = {"spec": {"holderIdentity": "mare-operator-7d9c-x2x-0a1b2c3d"}}
RELEASED = {"spec": {"holderIdentity": ""}}
POD = {"spec": {"containers": [{"env": []}]}}


def pod_with(**environment):
    env = [{"name": name, "value": value} for name, value in environment.items()]
    return {"spec": {"containers": [{"env": env}]}}


def called(
    tmp_path, monkeypatch, *, kubectl=KUBECTL, stored=OBJECT, pod=POD, lease=LEASE, prefix=""
):
    """Call `mare record busy` with a kubeconfig of the API server; return the result."""
    found = []
    objects = {
        "/apis/mare.dev/v1alpha1/namespaces/shop/queueautoscalers/busy": stored,
        "/apis/coordination.k8s.io/v1/namespaces/mare/leases/mare-operator": lease,
        "/api/v1/namespaces/mare/pods/mare-operator-7d9c-x2x": pod,
    }

    async def answer(request):
        known = objects.get(request.path)
        return web.json_response(known or {"message": "not found"}, status=200 if known else 404)

    async def timeline(visitor):
        have(visitor.world, "busy", ready=20, replicas=3, **WAITING)
        await visitor.world.tick()
        recorded(visitor, seconds=120)
        program = tmp_path / "kubectl"
        program.write_text(kubectl.format(folder=tmp_path, port=visitor.port))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        async with serving(app, "127.0.0.1", 0) as port:
            server = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}
            context = {"cluster": "c", "user": "u", "namespace": "shop"}
            config = {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [server],
                "users": [{"name": "u", "user": {}}],
                "contexts": [{"name": "here", "context": context}],
                "current-context": "here",
            }
            (tmp_path / "config").write_text(yaml.safe_dump(config))
            monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
            arguments = ["record", "busy", "-o", str(tmp_path / "busy.yaml")]
            found.append(await asyncio.to_thread(CliRunner().invoke, mare, arguments))

    visit(timeline, prefix=prefix)
    return found[0]


def test_the_load_comes_from_the_pod_that_holds_the_lease(tmp_path, monkeypatch):
    result = called(tmp_path, monkeypatch)
    assert result.exit_code == 0, result.output
    assert "1,200 messages arrived" in result.output
    assert (tmp_path / "arguments").read_text() == (
        "port-forward -n mare pod/mare-operator-7d9c-x2x :8081 --address 127.0.0.1\n"
    )


def test_the_load_of_a_shard_comes_from_the_pod_that_leads_it(tmp_path, monkeypatch):
    own, at = frozenset({shard_of("shop", 3)}), "2026-01-01T00:00:00Z"
    members = {
        f"mare-operator-7d9c-{pod}-0a1b2c3d": Member(shards, at, 4)
        for pod, shards in (("y3y", frozenset(range(3)) - own), ("x2x", own))
    }
    annotations = Assignment(members).annotations()
    spec = {"holderIdentity": group_of(3), "renewTime": at}
    lease = {"metadata": {"annotations": annotations}, "spec": spec}
    result = called(tmp_path, monkeypatch, lease=lease)
    assert result.exit_code == 0, result.output
    assert "pod/mare-operator-7d9c-x2x " in (tmp_path / "arguments").read_text()


def test_port_and_prefix_are_those_of_the_pod(tmp_path, monkeypatch):
    pod = pod_with(MARE_DASHBOARD_PORT="9090", MARE_DASHBOARD_PREFIX="/mare")
    result = called(tmp_path, monkeypatch, pod=pod, prefix="/mare")
    assert result.exit_code == 0, result.output
    assert ":9090" in (tmp_path / "arguments").read_text()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"stored": None}, "there is no QueueAutoscaler busy in namespace shop"),
        ({"stored": {**OBJECT, "status": {}}}, "no operator scales busy yet"),
        ({"lease": RELEASED}, "no replica of the operator leads busy"),
        ({"pod": None}, "the Pod of the operator is not found"),
        ({"pod": pod_with(MARE_DASHBOARD="false")}, "set dashboard.enabled"),
        ({"kubectl": REFUSED}, 'fails (error: pods "mare-0" is forbidden); forward'),
    ],
    ids=json.dumps,
)
def test_what_is_missing_is_named_with_what_to_do(tmp_path, monkeypatch, given, text):
    result = called(tmp_path, monkeypatch, **given)
    assert result.exit_code == 1
    assert text in result.output
