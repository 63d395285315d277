"""The Event of a change, written by the loop and read back by `mare explain --at`."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from mare.cluster.objects import StoredObjects
from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.reason import Reason
from mare.explanation.stored import changes_of
from tests.unit.operator_loop.test_explain_command import event
from tests.unit.operator_loop.worlds import AT_ONCE, FakeObjects, World, body


@dataclass
class FakeApi:
    events: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)

    async def request(
        self, method: str, path: object, body: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        {"POST": self.events, "PATCH": self.statuses}[method].append(body)
        return {"metadata": {"resourceVersion": "10"}}


class ObjectsWithEvents(FakeObjects):
    """Writes statuses to memory, and Events as the cluster adapter does."""

    def __init__(self, api: FakeApi) -> None:
        super().__init__()
        self.publish_event = StoredObjects(api, "replica-1").publish_event  # type: ignore[method-assign]


async def test_the_event_of_a_change_carries_the_change():
    api = FakeApi()
    world = World(objects=ObjectsWithEvents(api))
    world.begin(2, 95, behavior=AT_ONCE["behavior"])
    await world.tick()
    world.brokers.ready["worker"] = 35
    await world.ticks(20)

    down, up = changes_of(api.events)
    assert (up.decision.current, up.decision.replicas) == (2, 10)
    assert (down.decision.current, down.decision.replicas) == (10, 4)
    assert (up.decision.reason, down.decision.reason) == (Reason.LOAD_GREW, Reason.LOAD_FELL)
    assert up.decision.message.startswith("2 → 10 replicas: 95 messages")


async def test_an_event_of_a_condition_is_no_change():
    api = FakeApi()
    world = World(objects=ObjectsWithEvents(api))
    world.workloads.have("worker", 2)
    world.put()
    await world.tick()

    assert [each["reason"] for each in api.events] == ["QueueNotFound"]
    assert changes_of(api.events) == ()


@pytest.mark.parametrize("name", ["a" * 199 + "-b", "a" * 199 + ".b", "a" * 198 + "--b", "a" * 250])
def test_an_event_of_an_object_with_a_long_name_has_a_valid_name(name: str):
    api = FakeApi()
    autoscaler = read_autoscaler(body(name))
    publish = StoredObjects(api, "replica-1").publish_event
    asyncio.run(publish(autoscaler, "Normal", "LoadGrew", "1 → 2 replicas"))
    (event,) = api.events
    label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    assert re.fullmatch(rf"{label}([.]{label})*", event["metadata"]["name"])
    assert len(event["metadata"]["name"]) <= 253
    assert event["regarding"]["name"] == name


@pytest.mark.parametrize(
    ("change", "time"),
    [
        (("one", "2"), "2026-01-31T12:00:00Z"),
        (("1", "99999999999"), "2026-01-31T12:00:00Z"),
        (("1", "9" * 5000), "2026-01-31T12:00:00Z"),
        (("1", "²"), "2026-01-31T12:00:00Z"),
        (("1", "2"), None),
    ],
)
def test_events_that_no_operator_writes_are_no_decisions(change, time):
    strange = event(1, "1 → 2 replicas", change=change) | ({} if time else {"eventTime": None})
    assert changes_of([strange]) == ()


def test_a_status_is_written_over_the_version_that_the_operator_knows():
    api, autoscaler = FakeApi(), read_autoscaler(body(version=7))
    write = StoredObjects(api, "replica-1").write_status
    assert asyncio.run(write(autoscaler, "9", {"depth": 3})) == "10"
    metadata = {"uid": autoscaler.uid, "resourceVersion": "9"}
    assert api.statuses == [{"metadata": metadata, "status": {"depth": 3}}]
