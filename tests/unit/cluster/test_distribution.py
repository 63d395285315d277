"""Tests that share what starts slowly are one piece of work; all others are one for each file."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.distribution import pytest_collection_modifyitems

_PROJECT = Path(__file__).parents[3]
_TEST = """\
import os
from pathlib import Path
def test_says_where_it_runs():
    file = Path({folder!r}, os.environ["PYTEST_XDIST_WORKER"], Path(__file__).stem)
    file.parent.mkdir(exist_ok=True)
    file.touch()
"""
_LIMITS = """\
import pytest
@pytest.fixture
def helm(): pass
@pytest.fixture
def cluster(): pass
@pytest.fixture
def limit(request): return request.node.get_closest_marker("timeout")
@pytest.mark.timeout(7)
def test_of_its_own(helm, limit): assert (limit.args, limit.kwargs) == ((7,), {"func_only": True})
def test_of_all(helm, limit): assert (limit.args, limit.kwargs) == ((), {"func_only": True})
def test_longer(cluster, limit): assert (limit.args, limit.kwargs) == ((600,), {"func_only": True})
def test_usual(limit): assert limit is None
"""


@pytest.mark.timeout(300)
def test_tests_of_a_scope_share_a_worker_and_another_scope_has_another(tmp_path: Path) -> None:
    workers = tmp_path / "workers"
    workers.mkdir()
    tests = tmp_path / "tests"
    for name in ("e2e/test_a", "e2e/test_b", "integration/node/test_c", "e2e/own/test_d"):
        file = tests / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_TEST.format(folder=str(workers)))
    _run(tmp_path, "-n", "2", "--dist", "loadfile")
    ran = {frozenset(file.name for file in worker.iterdir()) for worker in workers.iterdir()}
    assert ran == {frozenset({"test_a", "test_b"}), frozenset({"test_c", "test_d"})}


@pytest.mark.timeout(300)
def test_a_limit_does_not_count_a_fixture_that_compiles(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_limits.py").write_text(_LIMITS)
    _run(tmp_path)


def _run(folder: Path, *options: str) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider"),
            *("-p", "tests.distribution", "--rootdir=.", "--import-mode=importlib"),
            str(folder / "tests"),
        ],
        cwd=folder,
        env={"PYTHONPATH": str(_PROJECT), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )


@pytest.mark.parametrize("built", [True, False])
def test_what_waits_for_a_build_comes_last_and_what_is_built_first(built: bool) -> None:  # noqa: FBT001
    names = ["charts/test_h.py", "unit/test_a.py", "e2e/own/test_b.py", "e2e/test_c.py"]
    names.append("e2e/test_d.py")
    items = [
        SimpleNamespace(
            nodeid=f"tests/{name}",
            fixturenames=("helm",) if "test_h" in name else (),
            get_closest_marker=lambda _: None,
            add_marker=lambda *_, **__: None,
        )
        for name in names
    ]
    config = SimpleNamespace(workerinput={"cluster_is_built": built})

    pytest_collection_modifyitems(config, items)  # type: ignore[arg-type]

    on_it = ["e2e/test_c.py", "e2e/test_d.py", "e2e/own/test_b.py"]
    rest = ["charts/test_h.py", "unit/test_a.py"]
    expected = [*on_it, *rest] if built else [*reversed(rest), *on_it]
    assert [item.nodeid.removeprefix("tests/") for item in items] == expected


def test_a_shared_fixture_outside_its_scope_is_refused() -> None:
    item = SimpleNamespace(nodeid="tests/unit/test_a.py::test_b", fixturenames=("api_server",))

    with pytest.raises(pytest.UsageError, match="give its file the scope 'the control plane'"):
        pytest_collection_modifyitems(SimpleNamespace(), [item])  # type: ignore[arg-type, list-item]
