import aiormq
import pytest

from mare.broker import http_client
from tests.fakes.declarations import Broker
from tests.unit.operator_broker.broker_stage import play
from tests.unit.operator_broker.declaring import ONE

__all__ = ["play"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let responses of many MiB take as long as they do on a busy machine."""
    monkeypatch.setattr(http_client, "_SECONDS", 120.0)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Return a broker in memory with 50 queues, in place of each that is connected to."""
    broker = Broker({f"work-{number}": ONE for number in range(50)})
    monkeypatch.setattr(aiormq, "Connection", broker.connection)
    return broker
