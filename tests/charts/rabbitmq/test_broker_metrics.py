"""What the release finds if a newer RabbitMQ exports other metrics than the alerts use."""

from pathlib import Path

import pytest

from tests.charts.rabbitmq.scrape import STORED

PROJECT = Path(__file__).parents[3]
IDENTITY = "rabbitmq_identity_info{"
READY = "rabbitmq_detailed_queue_messages_ready{"


@pytest.fixture
def differences(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / ".ci")
    from broker_metrics import differences  # noqa: PLC0415  not a package

    return differences


def test_the_same_metrics_in_two_pages_are_no_difference(differences):
    lines = STORED.splitlines(keepends=True)
    pages = ["# TYPE other gauge\nother 1\n" + "".join(lines[:6]), "".join(lines[6:])]

    assert differences(STORED, pages) == ([], [])


def test_a_new_label_is_named_and_no_fault(differences):
    page = STORED.replace(IDENTITY, f'{IDENTITY}rabbitmq_endpoint="a,b=\\"c\\"}}",')

    assert differences(STORED, [page]) == (
        [],
        ["rabbitmq_identity_info has a new label rabbitmq_endpoint."],
    )


def test_a_missing_metric_and_a_missing_label_are_faults(differences):
    page = STORED.replace("rabbitmq_process_open_fds ", "rabbitmq_open_fds ")
    page = page.replace(f'{READY}vhost="/",', READY)

    assert differences(STORED, [page]) == (
        [
            "rabbitmq_process_open_fds is not exported.",
            "rabbitmq_detailed_queue_messages_ready has no label vhost.",
        ],
        [],
    )
