"""What becomes of one callback, with a receiver and queues of the test."""

import json
import logging
import time
from dataclasses import replace

import pytest
from standardwebhooks.webhooks import Webhook

from mare_services.contract.callback_urls import UrlRules
from mare_services.contract.callbacks import DeliveryProgress, Outcome
from mare_services.webhooks.ports import Answer, SendingFailed
from tests.unit.webhooks.deliveries import DUE, NOW, SECRET, Receiver, handle


def test_a_callback_is_sent_with_its_signature_and_reported(delivery, receiver, queues, clock):
    clock.now = time.time()  # the library compares the timestamp with the clock

    handle(delivery, DUE, queues)

    [(destination, headers, body)] = receiver.requests
    assert Webhook(SECRET).verify(body, dict(headers)) == DUE.payload
    assert (destination.authority, destination.target) == ("example.com", "/hook?token=secret")
    assert headers["webhook-id"] == DUE.webhook_id
    assert headers["Content-Type"] == "application/json"
    [report] = queues.reports
    assert (report.outcome, report.status, report.number) == (Outcome.DELIVERED, 204, 1)
    assert report.next_at is None
    assert queues.parked == queues.dead == []


@pytest.mark.parametrize("answer", [500, 404, 301, 302, 307, 400, 100, SendingFailed("No answer.")])
def test_a_failed_callback_is_parked_for_the_next_delay(delivery, receiver, queues, answer):
    receiver.answer = answer

    handle(delivery, DUE, queues)

    [(due, seconds)] = queues.parked
    assert seconds == 5
    assert due.progress == DeliveryProgress(attempts=1, step=1, not_before=NOW + 5, since=NOW)
    [report] = queues.reports
    assert report.outcome is Outcome.FAILED
    assert report.next_at.timestamp() == NOW + 5


def test_a_callback_that_is_not_due_is_parked_again_without_an_attempt(delivery, receiver, queues):
    waiting = replace(DUE, progress=DeliveryProgress(attempts=1, step=1, not_before=NOW + 40))

    handle(delivery, waiting, queues)

    assert queues.parked == [(waiting, 30)]
    assert receiver.requests == queues.reports == []


def test_after_the_last_delay_a_callback_is_a_dead_letter(delivery, receiver, queues):
    receiver.answer = 503
    last = replace(DUE, progress=DeliveryProgress(attempts=2, step=2, since=NOW))

    handle(delivery, last, queues)

    [(due, reason)] = queues.dead
    assert (due.progress.attempts, reason) == (3, "status 503")
    assert queues.parked == []
    assert (queues.reports[0].number, queues.reports[0].next_at) == (3, None)


def test_410_ends_the_callbacks_of_the_job_and_of_no_other(delivery, receiver, queues):
    receiver.answer = 410
    handle(delivery, DUE, queues)
    receiver.answer = 204
    handle(delivery, replace(DUE, webhook_id="msg_1_1_weather"), queues)
    handle(delivery, replace(DUE, webhook_id="msg_2_1_complete", job_id="2"), queues)

    assert [each.outcome for each in queues.reports] == [
        Outcome.GONE, Outcome.GONE, Outcome.DELIVERED
    ]  # fmt: skip
    assert len(receiver.requests) == 2
    assert queues.parked == queues.dead == []


def test_a_callback_that_was_delivered_is_not_sent_again(delivery, receiver, queues):
    receiver.answer = 500
    handle(delivery, DUE, queues)
    receiver.answer = 204
    for _ in range(2):
        handle(delivery, DUE, queues)

    assert [each.outcome for each in queues.reports] == [Outcome.FAILED, Outcome.DELIVERED]


@pytest.mark.parametrize(("status", "seconds"), [(429, 20), (404, 5)])
def test_retry_after_counts_only_where_it_has_a_meaning(
    delivery, receiver, queues, status, seconds
):
    receiver.answer = Answer(status=status, retry_after="20")

    handle(delivery, DUE, queues)

    assert queues.reports[0].next_at.timestamp() == NOW + seconds


@pytest.mark.parametrize(("status", "seconds"), [(429, 6), (429, 20), (503, 20), (503, 29)])
def test_the_attempt_after_retry_after_is_sent(delivery, receiver, queues, status, seconds):
    receiver.answer = Answer(status=status, retry_after=str(seconds))
    handle(delivery, DUE, queues)
    receiver.answer = 204
    while queues.parked:
        due, parked = queues.parked.pop()
        delivery.clock.now += parked + 0.003
        handle(delivery, due, queues)

    assert [each.outcome for each in queues.reports] == [Outcome.FAILED, Outcome.DELIVERED]
    assert delivery.clock.now - NOW >= seconds


def test_a_url_that_the_rules_refuse_by_now_is_not_called(delivery, receiver, queues):
    handle(delivery, replace(DUE, url="https://10.0.0.1/hook"), queues)

    assert receiver.requests == []
    assert queues.reports[0].detail == "The URL is refused. Its address is not a public one."


def test_a_url_that_fails_is_skipped_and_the_attempt_counts(delivery, receiver, queues):
    receiver.answer = 500
    for number in range(4):
        handle(delivery, replace(DUE, job_id=str(number)), queues)

    assert len(receiver.requests) == 3
    assert queues.reports[-1].outcome is Outcome.SKIPPED
    assert queues.parked[-1][0].progress.step == 1


def test_client_errors_of_one_url_are_no_outage(delivery, receiver, queues):
    receiver.answer = 404
    for number in range(9):
        handle(delivery, replace(DUE, job_id=str(number)), queues)

    assert len(receiver.requests) == 9


def test_a_busy_destination_postpones_a_callback_without_an_attempt(make_delivery, queues):
    delivery = make_delivery(concurrency=1)
    busy = []

    class Slow(Receiver):
        def post(self, *_):
            handle(delivery, replace(DUE, job_id="2"), queues)  # while the first is being sent
            busy.append(len(queues.parked))
            return Answer(status=200)

    delivery.sender.transport = Slow()
    handle(delivery, DUE, queues)

    assert busy == [1]
    [(due, seconds)] = queues.parked
    assert (due.progress.attempts, due.progress.step, due.progress.deferred) == (0, 0, 1)
    assert seconds == 1.0
    assert [each.outcome for each in queues.reports] == [Outcome.DELIVERED]


def test_an_error_of_ours_frees_the_destination(make_delivery, receiver, queues):
    delivery = make_delivery(concurrency=1)
    receiver.answer = RuntimeError("ours")
    with pytest.raises(RuntimeError):
        handle(delivery, DUE, queues)
    receiver.answer = 204

    handle(delivery, DUE, queues)

    assert queues.reports[0].outcome is Outcome.DELIVERED


def test_each_log_line_of_a_delivery_states_that_this_machine_is_allowed(
    make_delivery, receiver, queues, caplog
):
    caplog.set_level(logging.INFO)
    delivery = make_delivery(rules=UrlRules(allow_localhost=True))
    for number, receiver.answer in enumerate((204, 500, 410)):
        handle(delivery, replace(DUE, webhook_id=f"msg_{number}"), queues)

    assert len(caplog.messages) == 3
    assert all("this machine are allowed" in message for message in caplog.messages)


def test_no_line_shows_the_path_of_a_url(delivery, receiver, queues, caplog):
    caplog.set_level(logging.DEBUG)
    for number, receiver.answer in enumerate((204, 500, SendingFailed("No answer."), 410)):
        handle(delivery, replace(DUE, webhook_id=f"msg_{number}"), queues)

    assert "secret" not in caplog.text
    assert "/hook" not in caplog.text


def test_the_body_is_compact_json_of_the_payload(delivery, receiver, queues):
    handle(delivery, DUE, queues)

    body = receiver.requests[0][2]
    assert json.loads(body) == DUE.payload
    assert b": " not in body
