"""Tests that are only collected need no programs."""

from types import SimpleNamespace

import pytest

from tests import conftest


@pytest.mark.parametrize("only_collects", [True, False])
def test_a_broker_is_installed_only_for_tests_that_run(
    monkeypatch: pytest.MonkeyPatch,
    only_collects: bool,  # noqa: FBT001
) -> None:
    installed: list[str] = []
    monkeypatch.setattr(conftest, "_program", lambda: installed.append("RabbitMQ"))
    option = SimpleNamespace(collectonly=only_collects)
    items = [SimpleNamespace(fixturenames=("rabbitmq",))]

    conftest.pytest_collection_finish(
        SimpleNamespace(config=SimpleNamespace(option=option), items=items)  # type: ignore[arg-type]
    )

    assert installed == ([] if only_collects else ["RabbitMQ"])
