"""How many replicas the runs of a group have at a time, which the node needs room for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mare.simulation.load import Load
from mare.simulation.scenario import Scenario
from tests.load.compare import __main__ as program
from tests.load.compare.plan import Planned, planned, simulated_peak
from tests.load.compare.storing import StoredRuns


def group(folder: Path, scenario: Scenario) -> Sequence[Planned]:
    """Return two runs of which the load of one has ended when that of the other begins."""
    (planned_together,) = planned([(scenario, StoredRuns(folder, scenario))], 1, together=True)
    return planned_together[:2]


def test_the_replicas_of_a_load_that_has_not_begun_need_room(tmp_path: Path):
    quiet = program.read("burst", seconds=29, seed=1)
    quiet = replace(quiet, min_replicas=4, max_replicas=4, load=Load())
    assert simulated_peak(group(tmp_path, quiet)) == 8


def test_those_of_a_load_that_is_over_need_room_until_all_reports_are_read(tmp_path: Path):
    both = group(tmp_path, program.read("burst", seconds=29, seed=1))
    assert simulated_peak(both) == sum(simulated_peak([each]) for each in both) > 10


def test_more_replicas_than_the_node_has_room_for_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "_MOST_REPLICAS", 10)
    monkeypatch.delattr(program, "cluster_for_tests")  # no fault may start one
    monkeypatch.setattr("sys.argv", ["compare", "burst", "--seconds", "60", "--together"])
    with pytest.raises(SystemExit):
        program.main()

    assert "replicas together; the node has room for 10" in capsys.readouterr().err
