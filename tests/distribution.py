"""How tests that use the cluster share it: all on one worker, first, and with time to build it."""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

_TESTS = Path(__file__).parent
ON_THE_CLUSTER = ("e2e", "integration/node")
"""Folders whose tests run on one worker, whatever runs meanwhile on the others."""
_SECONDS = 600
_BUILT = frozenset(
    {"api_server", "own_api_server", "cluster", "helm", "each_helm", "skaffold", "helm3"}
)
"""Fixtures that may have to compile for minutes."""


class OneWorkerForTheCluster(LoadFileScheduling):
    """Keeps the tests of a file together, and those on the cluster as if they were one file."""

    def _split_scope(self, nodeid: str) -> str:
        folders = tuple(f"{_TESTS.name}/{folder}/" for folder in ON_THE_CLUSTER)
        return "the cluster" if nodeid.startswith(folders) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Stand in for ``--dist loadfile``."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # ours is the order: what takes longest starts first
    return OneWorkerForTheCluster(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring those on the cluster forward; count only a test's own time against its limit."""
    if hasattr(config, "workerinput"):  # alone, a worker does better to end with them
        folders = [_TESTS / folder for folder in ON_THE_CLUSTER]
        items.sort(key=lambda item: not any(map(item.path.is_relative_to, folders)))
    for item in items:
        used = _BUILT.intersection(getattr(item, "fixturenames", ()))
        if used:
            own = item.get_closest_marker("timeout")
            seconds = own.args if own else (_SECONDS,) if "cluster" in used else ()
            rest = own.kwargs if own else {}
            marker = pytest.mark.timeout(*seconds, **{**rest, "func_only": True})
            item.add_marker(marker, append=False)
