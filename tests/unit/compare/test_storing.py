"""An interrupted comparison goes on, keeps the runs of other autoscalers, and survives failures."""

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from math import inf, isnan
from pathlib import Path
from typing import Any, cast

import pytest

from mare.domain.spec import ScalingRules
from mare.processes.command import CommandFailed
from mare.simulation.scenario import KedaSettings, Scenario, SimulatedAutoscaler
from tests.load.compare import __main__ as program
from tests.load.compare.measured import NOTHING, Count, Run
from tests.load.compare.plan import planned
from tests.load.compare.progress import progress
from tests.load.compare.running import Stage
from tests.load.compare.storing import StoredRuns


def burst(only: str | None = None) -> Scenario:
    return program.read("burst", seconds=120, seed=1, only=only)


def run_of(autoscaler: str, number: int = 0) -> Run:
    return replace(NOTHING, autoscaler=autoscaler, number=number, counts=[Count(0.0, 0, 0, 0)])


class Place:
    """Fails at the first run of KEDA tuned."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.phases: list[float] = []

    def run(
        self, _scenario: Scenario, autoscaler: SimulatedAutoscaler, _messages: object, phase: float
    ) -> Run:
        self.ran.append(autoscaler.name)
        self.phases.append(phase)
        if autoscaler.name == "KEDA tuned" and self.ran.count("KEDA tuned") == 1:
            raise CommandFailed("kubectl wait took more than 240 s.")
        return run_of(autoscaler.name)


def run_all(
    place: Place, folder: Path, scenario: Scenario, rounds: int, *, together: bool = False
) -> list[str]:
    groups = planned([(scenario, StoredRuns(folder, scenario))], rounds, together=together)
    return program.run_all(cast("Stage", place), groups)


def stored(folder: Path) -> list[tuple[str, int]]:
    return sorted((each.autoscaler, each.number) for each in StoredRuns(folder, burst()).runs)


def test_a_run_that_fails_is_reported_and_tried_again_by_the_next_start(tmp_path: Path):
    place = Place()

    [failed] = run_all(place, tmp_path, burst(), 1)

    assert failed == "burst, run 1, KEDA tuned"
    assert stored(tmp_path) == [("KEDA default", 1), ("KEDA expert", 1), ("Maré", 1)]
    assert run_all(place, tmp_path, burst(), 1) == []
    assert place.ran[4:] == ["KEDA tuned"]
    assert run_all(place, tmp_path, burst(), 1) == []
    assert len(place.ran) == 5


def test_runs_at_the_same_time_begin_a_period_after_each_other(tmp_path: Path):
    """In turn they would never meet, and the wait for the others would fail."""
    scenario, meeting = burst(), threading.Barrier(4)

    class Meeting(Place):
        def run(self, *arguments: Any) -> Run:
            meeting.wait(timeout=60)
            return super().run(*arguments)

    place = Meeting()
    [failed] = run_all(place, tmp_path, scenario, 1, together=True)

    assert failed == "burst, run 1, KEDA tuned"
    first = min(place.phases)
    assert sorted(each - first for each in place.phases) == pytest.approx([0, 1, 2, 3])
    runs = StoredRuns(tmp_path, scenario).runs
    assert len(runs) == 3
    assert all(isnan(each.cores) and isnan(each.memory_mib) for each in runs)


def test_a_run_that_is_repeated_alone_shared_the_controllers_all_the_same(tmp_path: Path):
    place = Place()
    run_all(place, tmp_path, burst(), 1, together=True)
    run_all(place, tmp_path, burst(), 1, together=True)

    assert [isnan(each.cores) for each in StoredRuns(tmp_path, burst()).runs] == [True] * 4


def test_an_error_that_nobody_expected_loses_no_other_run_of_its_group(tmp_path: Path):
    failing = threading.Event()

    class Failing(Place):
        def run(self, *arguments: Any) -> Run:
            if arguments[1].name == "KEDA default":
                failing.set()
                raise TypeError("nobody expected it")
            assert failing.wait(timeout=60)
            return run_of(arguments[1].name)

    with pytest.raises(TypeError, match="nobody expected it"):
        run_all(Failing(), tmp_path, burst(), 1, together=True)

    assert [name for name, _ in stored(tmp_path)] == ["KEDA expert", "KEDA tuned", "Maré"]


def test_runs_of_one_autoscaler_only_keep_those_of_the_others(tmp_path: Path):
    run_all(Place(), tmp_path, burst(), 1)

    run_all(Place(), tmp_path, burst("Maré"), 2)

    assert stored(tmp_path) == [
        *[("KEDA default", 1), ("KEDA expert", 1)],
        *[("Maré", 1), ("Maré", 2)],
    ]


def test_all_autoscalers_have_one_phase_in_a_round_also_alone(tmp_path: Path):
    every = list(StoredRuns(tmp_path, burst()).left(burst(), 2))
    alone = list(StoredRuns(tmp_path, burst()).left(burst("Maré"), 2))

    phases = {(number, phase) for number, phase, _ in every}
    assert len(phases) == 2
    assert {(number, phase) for number, phase, _ in alone} == phases


def phases_of(folder: Path, rounds: int) -> list[float]:
    only = burst("Maré")
    return [phase for _, phase, _ in StoredRuns(folder, only).left(only, rounds)]


@pytest.mark.parametrize("parts", [1, 2], ids=["30 s, KEDA", "15 s, the HPA"])
def test_phases_are_spread_over_both_periods(tmp_path: Path, parts: int):
    many = phases_of(tmp_path, 20)

    assert phases_of(tmp_path, 3) == many[:3]
    for rounds in range(1, 21):
        ordered = sorted(phase * parts % 1 for phase in many[:rounds])
        gaps = [after - before for before, after in pairwise([*ordered, ordered[0] + 1])]
        assert max(gaps) < 2.2 / rounds


def test_runs_without_their_settings_are_refused(tmp_path: Path):
    runs = [asdict(run_of("Maré", 1))]
    for old in (runs, {"seed": 1, "seconds": 120, "runs": runs}):
        (tmp_path / "burst.json").write_text(json.dumps(old))

        with pytest.raises(ValueError, match=r"without their settings.*Move it away"):
            StoredRuns(tmp_path, burst())


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"seconds": 60},
        {"max_replicas": 9},
        {"worker": replace(burst().worker, prefetch=0)},
    ],
)
def test_runs_of_another_load_are_refused(tmp_path: Path, other: dict[str, Any]):
    StoredRuns(tmp_path, burst()).add(run_of("Maré", 1))

    with pytest.raises(ValueError, match=r"other settings of the load.*Move it away"):
        StoredRuns(tmp_path, replace(burst(), **other))


def with_window_of(seconds: int) -> Scenario:
    """Return the burst with KEDA tuned and another scale-down window."""
    scenario = burst("KEDA tuned")
    [tuned] = scenario.autoscalers
    assert isinstance(tuned.settings, KedaSettings)
    assert tuned.settings.behavior
    down = ScalingRules(stabilization_window_seconds=seconds)
    settings = replace(tuned.settings, behavior=replace(tuned.settings.behavior, scale_down=down))
    return replace(scenario, autoscalers=(replace(tuned, settings=settings),))


def test_runs_of_an_autoscaler_with_other_settings_are_refused(tmp_path: Path):
    StoredRuns(tmp_path, with_window_of(60)).add(run_of("KEDA tuned", 1))
    StoredRuns(tmp_path, burst("Maré")).add(run_of("Maré", 1))

    with pytest.raises(ValueError, match=r"other settings of KEDA tuned\. Move it away"):
        StoredRuns(tmp_path, burst())
    assert len(StoredRuns(tmp_path, burst("Maré")).runs) == 2


def draw(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> tuple[str, Sequence[str]]:
    monkeypatch.setattr(program, "_FOLDER", folder)
    monkeypatch.setattr("sys.argv", ["compare", "--draw", *arguments])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 0
    lines = (folder / "runs.csv").read_text().splitlines()
    return (folder / "index.html").read_text(), lines


def test_one_autoscaler_of_several_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("KEDA default", "Maré"):
        StoredRuns(tmp_path, burst()).add(run_of(name, 1))

    page, lines = draw(tmp_path, monkeypatch, "burst", "--only", "Maré")

    assert "What Maré said" in page
    assert len(lines) == 1 + 1


def test_loads_without_a_run_are_left_out_of_what_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    StoredRuns(tmp_path, burst()).add(run_of("Maré", 1))

    page, lines = draw(tmp_path, monkeypatch, "burst", "second-burst")

    assert "<h2>burst</h2>" in page
    assert "second-burst" not in page
    assert len(lines) == 1 + 1


@pytest.mark.parametrize("name", ["burst", "pika"])
def test_the_table_of_each_load_has_the_simulated_rows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    StoredRuns(tmp_path, program.read(name, 60.0, 1)).add(run_of("Maré", 1))

    draw(tmp_path, monkeypatch, name, "--seconds", "60")

    _, _, *lines = capsys.readouterr().out.splitlines()
    names = [line.split(" | ")[0] for line in lines if line]
    forms = ["default", "tuned", "expert"]
    forms += ["default http", "tuned http"] if name == "pika" else []
    keda = [f"| KEDA {each}, simulated" for each in forms]
    assert names == ["| Maré", "| Maré, simulated", *keda]


def test_replicas_after_the_end_are_no_reaction(tmp_path: Path):
    runs = StoredRuns(tmp_path, burst("Maré"))
    late = [Count(0.0, 0, 0, 0), Count(121.0, 10, 10, 10)]
    runs.add(replace(run_of("Maré", 1), counts=late))

    [measured] = program.comparison(burst("Maré"), runs).measured["Maré"]

    assert measured.reaction
    assert measured.reaction.first_patch == inf
    assert measured.result.changes == ()


def test_a_long_run_shows_its_progress():
    lines, reported = [], threading.Event()

    def log(line: str) -> None:
        lines.append(line)
        reported.set()

    with progress("burst, run 1, Maré", 3600, log, every=0.001):
        assert reported.wait(30)

    assert lines[0] == "    burst, run 1, Maré: 0 min, of which the load takes 60"
