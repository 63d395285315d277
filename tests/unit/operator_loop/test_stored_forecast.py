"""What the forecast learnt survives a restart and a new leader, and is written rarely."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from mare.cli import mare
from mare.custom_resource.autoscaler import Key
from mare.custom_resource.status_values import instant, surge
from mare.domain.forecast import TideTable
from mare.domain.surges import Surge, Surges
from tests.unit.operator_loop.worlds import World, body

WORKER = Key("shop", "worker")
DUE = 1_764_430_200.0
PAST = tuple(Surge(DUE - 1800.0 * number, 10.0, 0.0) for number in (3, 2, 1))
STORED = {"forecast": {"surges": [surge(each) for each in PAST]}}


def tides(world: World) -> TideTable:
    return world.loop._states[WORKER].history.tides


def learn(world: World, past: tuple[Surge, ...], began: float | None = None) -> None:
    state = world.loop._states[WORKER]
    state.history = replace(state.history, tides=TideTable(surges=Surges(past=past), began=began))


async def test_a_restarted_operator_knows_the_surges_of_the_status(world):
    world.begin(1, 5, minReplicas=1, status=STORED)
    await world.tick()

    assert tides(world).surges.past == PAST


async def test_a_new_leader_knows_what_the_last_one_wrote(world):
    world.leads = False
    world.begin(1, 5, minReplicas=1)
    await world.tick()
    world.put(status=STORED, minReplicas=1)
    world.leads = True
    await world.tick()

    assert tides(world).surges.past == PAST


async def test_a_leader_of_another_term_keeps_what_it_learnt(world):
    world.begin(1, 5, minReplicas=1)
    await world.tick()
    learn(world, PAST)
    world.term = 2
    await world.tick()

    assert tides(world).surges.past == PAST


async def test_a_leader_that_leads_again_knows_what_another_one_wrote_meanwhile(world):
    world.begin(1, 5, minReplicas=1)
    await world.ticks(20)
    learn(world, PAST[:1])
    world.leads = False
    await world.tick()
    world.put(status=STORED, minReplicas=1)
    world.leads, world.term = True, 3
    await world.tick()

    assert tides(world).surges.past == PAST


async def test_a_leader_that_leads_again_keeps_more_than_its_own_status_has(world):
    world.begin(1, 5, minReplicas=1)
    await world.ticks(20)
    learn(world, PAST)
    world.leads = False
    await world.tick()
    version = world.objects.stored["worker"]
    world.put(status={}, version=version, minReplicas=1)  # the watch lists its objects again
    world.leads, world.term = True, 3
    await world.tick()

    assert tides(world).surges.past == PAST


async def test_surges_of_another_workload_are_forgotten(world):
    world.begin(1, 5, minReplicas=1, status=STORED)
    await world.tick()
    world.workloads.have("other", 1)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "other"}
    world.put(scaleTargetRef=target, generation=2, minReplicas=1)
    await world.tick()

    assert tides(world).surges.past == ()


async def test_a_new_surge_alone_is_written_after_ten_minutes(world):
    world.begin(1, 5, minReplicas=1)
    await world.ticks(20)
    world.objects.statuses.clear()
    learn(world, PAST)
    await world.ticks(560)
    assert world.objects.statuses == []
    await world.ticks(60)

    (written,) = [status for _, status in world.objects.statuses]
    assert written["forecast"] == STORED["forecast"]


async def test_a_status_that_contains_the_surges_does_not_repeat_them(world):
    world.begin(1, 5, minReplicas=1, status=STORED)
    await world.ticks(20)
    world.objects.statuses.clear()
    world.brokers.ready["worker"] = 300
    await world.tick()

    statuses = [status for _, status in world.objects.statuses]
    assert statuses
    assert all("forecast" not in status for status in statuses)


async def test_off_removes_the_surges_from_the_status(world):
    world.begin(1, 5, minReplicas=1, status=STORED, forecast={"mode": "Off"})
    await world.tick()

    statuses = [status for _, status in world.objects.statuses]
    assert statuses[0]["forecast"] is None


def explained(surges, *arguments, mode="On", later=90, **forecast):
    document = {
        "apiVersion": "mare.dev/v1alpha1",
        "kind": "QueueAutoscaler",
        **body(forecast={"mode": mode}),
        "status": {
            "forecast": {"surges": [surge(each) for each in surges], **forecast},
            "estimates": {"time": instant(surges[-1].at + later)},
        },
    }
    command = ["explain", "-f", "-", "--forecast", *arguments]
    result = CliRunner().invoke(mare, command, input=json.dumps(document))
    assert result.exit_code == 0, result.output
    return result.output


def test_explain_lists_the_recurrences():
    text = explained(PAST)
    assert "forecast.mode is On\n3 surges are known, from 2025-11-29T14:00:00Z" in text
    assert "1 recurrence of them" in text
    assert "every 30 min: at least 10 messages/s" in text
    assert "came 3 times in a row, last at 14:00, 14:30 and 15:00 UTC" in text


def test_explain_lists_no_multiple_of_a_period():
    found = json.loads(
        explained([Surge(DUE + 240.0 * number, 10.0, 0.0) for number in range(9)], "-o", "json")
    )
    assert [each["periodSeconds"] for each in found["recurrences"]] == [240.0]


@pytest.mark.parametrize(("mode", "surges"), [("DryRun", PAST[:1]), ("Off", PAST)])
def test_explain_lists_nothing_without_a_recurrence(mode, surges):
    assert "every" not in explained(surges, mode=mode)


def test_explain_believes_what_an_operator_believes_that_did_not_run_for_a_while():
    """The surge of 15:30 came while no operator ran, which ends no belief."""
    assert "no recurrences of them" in explained(PAST, later=3000)
    text = explained(PAST, later=3000, since=instant(DUE + 600))
    assert "every 30 min: at least 10 messages/s, next at 2025-11-29T16:00:00Z" in text


@pytest.mark.parametrize(("began", "since"), [(DUE, instant(DUE)), (None, instant(DUE - 60))])
async def test_the_status_has_the_time_from_which_on_no_surge_is_missing(world, began, since):
    """Before the first statistics of a new operator that of the last one stays."""
    stored = {"forecast": {**STORED["forecast"], "since": instant(DUE - 60)}}
    world.begin(1, 5, minReplicas=1, status=stored)
    await world.tick()
    learn(world, PAST[:2], began)
    world.brokers.ready["worker"] = 300
    await world.tick()

    assert world.objects.statuses[-1][1]["forecast"]["since"] == since
