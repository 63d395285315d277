"""Which dead letters are callbacks, and that the others stay where they are."""

import json
from types import SimpleNamespace

import pytest

from mare_nameko.service.retries import QUEUE
from mare_services.contract.callbacks import CALLBACK_QUEUE
from mare_services.webhooks.command import dead_callbacks

BODY = json.dumps(
    {
        "webhook_id": "msg_1_1_complete",
        "job_id": "1",
        "type": "job.complete",
        "url": "https://example.com/hook",
        "payload": {},
    }
)
OURS = {QUEUE: CALLBACK_QUEUE}
PARKED = {"queue": "retry-5s", "reason": "expired"}
GIVEN_UP = {"queue": CALLBACK_QUEUE, "reason": "delivery_limit"}


class Channel:
    """Has the letters, as the broker would deliver them."""

    def __init__(self, *letters):
        self.letters = [SimpleNamespace(body=body, headers=headers) for body, headers in letters]

    def queue_declare(self, *_, **__):
        return SimpleNamespace(message_count=len(self.letters))

    def basic_get(self, _queue):
        return self.letters.pop(0) if self.letters else None


@pytest.mark.parametrize(
    "headers", [OURS, {"x-death": [GIVEN_UP]}, {"x-death": [GIVEN_UP, PARKED]}]
)
def test_a_callback_is_found_whether_webhooks_or_the_broker_gave_it_up(headers):
    [(_, due)] = dead_callbacks(Channel((BODY, headers)), None)

    assert due.job_id == "1"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY, None),
        (BODY, {QUEUE: "rpc-music"}),
        (BODY, {"x-death": [PARKED]}),
        ("no json", OURS),
        ('{"job_id": 7}', OURS),
        ("[]", OURS),
    ],
)
def test_a_letter_that_is_no_callback_is_left_out(body, headers):
    assert list(dead_callbacks(Channel((body, headers)), None)) == []


def test_only_the_callbacks_of_the_job_are_found():
    assert list(dead_callbacks(Channel((BODY, OURS)), "2")) == []
