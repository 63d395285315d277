"""Which tests run on one worker, which come first, and what their time limit counts."""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling
from xdist.workermanage import WorkerController

from devcluster.preparing import are_programs_built

_TESTS = Path(__file__).parent
_CONTROL_PLANE = "the control plane"
_NODE, _NODES = "a node of charts/rabbitmq", "three nodes of charts/rabbitmq"
_SCOPES = {
    "e2e/own/": "namespaces of their own",
    "integration/node/": "namespaces of their own",
    "e2e/": "users of the release",
    "charts/operator/test_conflict_policy.py": _CONTROL_PLANE,
    "charts/operator/test_crd_upgrade.py": _CONTROL_PLANE,
    "charts/operator/test_job_policy.py": _CONTROL_PLANE,
    "charts/operator/test_operator_accepted.py": _CONTROL_PLANE,
    "charts/operator/test_pod_policy.py": _CONTROL_PLANE,
    "charts/operator/test_rights.py": _CONTROL_PLANE,
    "charts/playlists/test_fill_secrets.py": _CONTROL_PLANE,
    "charts/playlists/test_playlists_accepted.py": _CONTROL_PLANE,
    "charts/playlists/test_release.py": _CONTROL_PLANE,
    "charts/rabbitmq/test_leader_moves.py": _CONTROL_PLANE,
    "charts/rabbitmq/test_rabbitmq_accepted.py": _CONTROL_PLANE,
    "charts/test_dist.py": _CONTROL_PLANE,
    "integration/cluster/test_control_plane.py": _CONTROL_PLANE,
    "integration/images/": _CONTROL_PLANE,
    "integration/operator/": _CONTROL_PLANE,
    "integration/operator_convert/": _CONTROL_PLANE,
    "integration/operator_crd/": _CONTROL_PLANE,
    "charts/rabbitmq/test_broker_starts.py": _NODE,
    "charts/rabbitmq/test_cluster_operator.py": _NODE,
    "charts/rabbitmq/test_dead_letters.py": _NODE,
    "charts/rabbitmq/test_jobs_run.py": _NODE,
    "charts/rabbitmq/test_link_credit.py": _NODE,
    "charts/rabbitmq/test_metrics_exported.py": _NODE,
    "charts/rabbitmq/test_passwords.py": _NODE,
    "charts/rabbitmq/test_founding.py": _NODES,
    "charts/rabbitmq/test_maintenance.py": _NODES,
    "charts/rabbitmq/test_remove_nodes.py": _NODES,
}
"""By the beginning of its path, the scope of a test: one worker runs a scope, one after the other.

All tests of the release share one installation. Those with namespaces of their own run beside them,
on the same cluster.
"""
_SHARED = {"api_server": _CONTROL_PLANE, "shared_broker": _NODE, "shared_cluster": _NODES}
"""Fixtures that take seconds of a processor on each worker that starts them: one scope has them."""
_FIRST = "users of the release"
"""The longest scope. It builds the images, for which other scopes of the cluster would wait."""
_SECONDS = 600
_BUILT = frozenset(
    {"api_server", "own_api_server", "cluster", "helm", "each_helm", "skaffold", "helm3"}
)
"""Fixtures that may have to compile for minutes."""


def _scope(nodeid: str) -> str | None:
    """Return the scope of a test that has one beyond its file."""
    path = nodeid.removeprefix(f"{_TESTS.name}/")
    return next((scope for beginning, scope in _SCOPES.items() if path.startswith(beginning)), None)


def _group(item: pytest.Item) -> str:
    """Return what one worker runs as a whole: the scope of a test, or its file."""
    return _scope(item.nodeid) or item.nodeid.partition("::")[0]


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


class SharedScopes(LoadFileScheduling):
    """Keeps the tests of a file together, and those of a scope as if they were one file."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid) or super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Stand in for ``--dist loadfile``."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # ours is the order: what takes longest starts first
    return SharedScopes(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell every worker the same: their orders may not differ, and a build may end meanwhile."""
    node.workerinput["cluster_is_built"] = are_programs_built()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests of a worker; count only a test's own time against its limit."""
    for item in items:
        for fixture in _SHARED.keys() & _fixtures(item):
            if _scope(item.nodeid) != _SHARED[fixture]:
                raise pytest.UsageError(
                    f"{item.nodeid} uses {fixture}: give its file the scope {_SHARED[fixture]!r} "
                    "in tests/distribution.py."
                )
    if hasattr(config, "workerinput"):  # alone, a worker does better to end with the cluster
        is_built = config.workerinput["cluster_is_built"]
        waiting = {_group(item) for item in items if _BUILT.intersection(_fixtures(item))}

        def place(item: pytest.Item) -> int:
            """Of what is built: the longest first. While it is built: what needs none of it."""
            group = _group(item)
            if group == _FIRST:
                return -1 if is_built else 2
            return int(group in waiting and not is_built)

        items.sort(key=place)
    for item in items:
        used = _BUILT.intersection(_fixtures(item))
        if used:
            own = item.get_closest_marker("timeout")
            seconds = own.args if own else (_SECONDS,) if "cluster" in used else ()
            rest = own.kwargs if own else {}
            marker = pytest.mark.timeout(*seconds, **{**rest, "func_only": True})
            item.add_marker(marker, append=False)
