"""The download of an object's load, and the commands that use it."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from mare.cli import mare
from mare.domain.arrivals import Count
from mare.domain.estimates import Estimates
from mare.simulation.reading import parse_scenario
from tests.integration.operator_dashboard.visiting import Visitor, have, visit

LOAD = "/api/objects/shop/busy/load"
WAITING = {"target": {"type": "QueueWaitTime", "waitSeconds": 5}}


def recorded(
    visitor: Visitor, seconds: int = 600, messages: int = 50, *, measured: bool = True
) -> None:
    """Let the object have counts of 5 s, and what is known of its workers."""
    history = visitor.world.record.histories["shop", "busy"]
    begin = round(visitor.world.clock.now) - seconds
    for end in range(begin + 5, begin + seconds + 1, 5):
        history.load.observe((Count(float(end), 5.0, messages),))
    known = Estimates(capacity_per_replica=8.0, workers_per_replica=4.0, start_seconds=2.0)
    if measured:
        object.__setattr__(history.view, "estimates", known)


def answers(*paths, load=True, **spec):
    found = []

    async def timeline(visitor):
        have(visitor.world, "busy", ready=20, replicas=3, **(spec or WAITING))
        await visitor.world.tick()
        if load:
            recorded(visitor)
        for path in paths:
            async with visitor.session.get(path) as answer:
                found.append((answer.status, answer.headers, await answer.text()))

    visit(timeline)
    return found


def test_the_download_is_a_scenario_of_the_load_with_the_own_settings():
    [(status, headers, text)] = answers(LOAD)
    assert status == 200
    assert headers["Content-Type"].startswith("application/yaml")
    assert headers["Content-Disposition"] == 'attachment; filename="busy.load.yaml"'
    scenario = parse_scenario(text, Path("busy.load.yaml"))
    assert scenario.seconds == 600
    assert scenario.load.expected(0) == 120 * 50
    assert scenario.worker.capacity == 8
    assert scenario.worker.start_seconds == 2
    assert scenario.initial_replicas == 3
    own, *_ = scenario.autoscalers
    assert own.settings.targets[0].wait_seconds == 5
    assert own.settings.max_replicas == 50


def test_a_download_can_be_of_the_last_seconds_only():
    short, wrong = answers(f"{LOAD}?seconds=60", f"{LOAD}?seconds=5")
    assert parse_scenario(short[2], Path("busy.load.yaml")).seconds == 60
    assert wrong[0] == 400
    assert "seconds must be a number from 60 to 86400" in wrong[2]


def test_without_a_count_there_is_nothing_to_download():
    [(status, _, text), (_, _, detail)] = answers(LOAD, "/api/objects/shop/busy", load=False)
    assert status == 404
    assert "No load is recorded yet" in text
    assert '"loadSince":null' in detail


def test_an_object_that_does_not_exist_has_no_load():
    assert answers("/api/objects/shop/other/load")[0][0] == 404


def commanded(*calls, **begun):
    """Call commands on a served dashboard; returns their results."""
    found = []

    async def timeline(visitor):
        have(visitor.world, "busy", ready=20, replicas=3, **WAITING)
        await visitor.world.tick()
        recorded(visitor, **begun)
        for arguments in calls:
            given = [*arguments, "--dashboard", str(visitor.port)]
            found.append(await asyncio.to_thread(CliRunner().invoke, mare, given))

    visit(timeline)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_record_writes_a_file_that_simulate_accepts(folder):
    [recording] = commanded(["record", "busy"], seconds=120)
    assert recording.exit_code == 0, recording.output
    assert recording.output.startswith("Wrote busy.load.yaml. Load of shop/busy from ")
    assert "1,200 messages arrived. Next: mare advise busy.load.yaml" in recording.output
    simulated = CliRunner().invoke(mare, ["simulate", "busy.load.yaml"])
    assert simulated.exit_code == 0, simulated.output
    names = [line.split("  ")[0] for line in simulated.output.splitlines()]
    assert {"Maré now", "Maré 2 s", "Maré 10 s", "KEDA default", "KEDA expert"} <= set(names)


def test_one_command_goes_from_the_object_to_a_plot(folder):
    [advised] = commanded(["advise", "busy", "--plot", "busy.svg"], seconds=120)
    assert advised.exit_code == 0, advised.output
    assert "waitSeconds 5, as it is now" in advised.output
    assert (folder / "busy.svg").read_text().startswith("<svg")


def test_without_a_service_time_the_next_step_is_named(folder):
    advised, recording = commanded(["advise", "busy"], ["record", "busy"], measured=False)
    assert advised.exit_code == 1
    assert "Run mare record busy, add serviceSeconds to busy.load.yaml" in advised.output
    assert recording.exit_code == 0
    assert "worker.serviceSeconds is missing; add it" in recording.output


def test_record_names_what_is_wrong(folder):
    other, nowhere = commanded(
        ["record", "bussy"],
        ["record", "busy", "-o", "no/such/folder.yaml"],
    )
    assert "Did you mean busy?" in other.output
    assert "no/such/folder.yaml cannot be written" in nowhere.output
    assert {each.exit_code for each in (other, nowhere)} == {1}


def test_a_load_without_messages_is_recorded_and_said_to_have_none(folder):
    [recording] = commanded(["record", "busy"], messages=0)
    assert recording.exit_code == 0
    assert "Without messages there is nothing to compare" in recording.output
