import pytest

from mare.broker import http_client, quiet_check
from tests.unit.operator_broker.broker_stage import play

__all__ = ["play"]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let responses of many MiB take as long as they do on a busy machine."""
    for module in (http_client, quiet_check):
        monkeypatch.setattr(module, "_SECONDS", 120.0)
