"""What the cluster adapter writes of an object: its Events and its status."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from mare.cluster.objects import StoredObjects
from mare.custom_resource.autoscaler import read_autoscaler
from mare.ports import Unavailable
from tests.unit.operator_loop.worlds import body


@dataclass
class FakeApi:
    events: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    written: dict[str, str] | None = field(default_factory=dict)
    """The metadata of its answer."""

    async def request(
        self, method: str, path: object, body: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        {"POST": self.events, "PATCH": self.statuses}[method].append(body)
        return {"metadata": self.written}


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
    assert (event["type"], event["reason"]) == ("Normal", "LoadGrew")
    assert event["note"] == "1 → 2 replicas"


def test_a_status_is_written_over_the_version_that_the_operator_knows():
    autoscaler = read_autoscaler(body(version=7))
    api = FakeApi(written={"uid": autoscaler.uid, "resourceVersion": "10"})
    write = StoredObjects(api, "replica-1").write_status
    assert asyncio.run(write(autoscaler, "9", {"depth": 3})) == "10"
    metadata = {"uid": autoscaler.uid, "resourceVersion": "9"}
    assert api.statuses == [{"metadata": metadata, "status": {"depth": 3}}]


@pytest.mark.parametrize(
    "written", [None, {}, {"uid": "another", "resourceVersion": "5101"}, {"uid": "uid-worker"}]
)
def test_an_answer_about_another_object_is_none(written: dict[str, str] | None):
    """Each later write and spec seemed to be of before that version."""
    autoscaler = read_autoscaler(body())
    write = StoredObjects(FakeApi(written=written), "replica-1").write_status
    with pytest.raises(Unavailable, match="another object"):
        asyncio.run(write(autoscaler, "9", {}))
