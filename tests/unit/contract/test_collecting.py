"""Tests that are only collected, as by an editor, install nothing."""

from types import SimpleNamespace

import pytest

from tests.conftest import pytest_collection_finish as get_rabbitmq
from tests.integration.browser import pytest_collection_finish as get_chromium


@pytest.mark.parametrize(("is_list", "expected"), [(True, []), (False, ["RabbitMQ", "Chromium"])])
def test_programs_are_installed_for_tests_that_run(monkeypatch, is_list, expected):
    installed = []
    monkeypatch.setattr("tests.conftest._program", lambda: installed.append("RabbitMQ"))
    monkeypatch.setattr(
        "tests.integration.browser.chromium_to_test", lambda *_: installed.append("Chromium")
    )
    session = SimpleNamespace(
        config=SimpleNamespace(option=SimpleNamespace(collectonly=is_list)),
        items=[SimpleNamespace(fixturenames=["rabbitmq", "browser"])],
    )

    for hook in (get_rabbitmq, get_chromium):
        hook(session)

    assert installed == expected
