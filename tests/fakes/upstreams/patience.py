"""Upstreams may answer as late as a busy machine lets them, for the conftest files."""

import pytest

from mare_services.upstream import client


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing but the budget of a call end it."""
    monkeypatch.setattr(client, "CONNECT_SECONDS", 60.0)
    monkeypatch.setattr(client, "READ_SECONDS", 60.0)
