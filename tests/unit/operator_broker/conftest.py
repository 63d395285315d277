import pytest

from mare.broker import http_client
from tests.unit.operator_broker.broker_stage import play

__all__ = ["play"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let responses of many MiB take as long as they do on a busy machine."""
    monkeypatch.setattr(http_client, "_SECONDS", 120.0)
