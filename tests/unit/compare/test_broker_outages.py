"""The broker stands still when the scenario says so, counted from the start of the publisher."""

from typing import Any, cast

import pytest

from mare.simulation.scenario import Outage
from tests.e2e.application import Application
from tests.load.compare import broker_outages


class Shop:
    """A namespace whose publisher runs when it is looked at for the third time."""

    def __init__(self, happened: list[str]) -> None:
        self._happened, self._phases = happened, ["Pending", "Pending", "Running"]

    def read(self, _group: str, path: str) -> dict[str, Any]:
        assert path == "pods?labelSelector=job-name=publish-work-1"
        phase = self._phases.pop(0)
        self._happened.append(phase)
        return {"items": [{"status": {"phase": phase}}]}


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(broker_outages, "send", lambda *_: found.append("stop"))
    monkeypatch.setattr(broker_outages, "resume", lambda *_: found.append("go on"))
    return found


def test_it_stops_and_goes_on_for_each_outage(happened: list[str]):
    shop = cast("Application", Shop(happened))
    with broker_outages.outages(shop, "publish-work-1", [Outage(0.0, 0.0), Outage(0.05, 0.05)]):
        pass

    assert happened == ["Pending", "Pending", "Running", "stop", "go on", "stop", "go on"]


def test_without_an_outage_nothing_is_looked_at(happened: list[str]):
    with broker_outages.outages(cast("Application", Shop(happened)), "publish-work-1", []):
        pass

    assert happened == []
