"""How many replicas the runs of a group have at a time, which the node needs room for."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.load.compare import __main__ as program
from tests.load.compare.plan import planned, simulated_peak
from tests.load.compare.storing import StoredRuns


@pytest.mark.parametrize(("seconds", "peak"), [(60, 8), (30, 8), (29, 4)])
def test_only_runs_that_overlap_need_room_together(tmp_path: Path, seconds: float, peak: int):
    quiet = replace(
        program.read("burst", seconds, seed=1),
        min_replicas=4,
        max_replicas=4,
        load=program.read("pika", 1, 1).load,
    )
    stored = StoredRuns(tmp_path, quiet)
    (group,) = planned([(quiet, stored)], 1, together=True)
    assert simulated_peak(group[:2]) == peak


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
