"""What becomes of one callback, with a receiver and queues of the test."""

import base64
import json
import logging
import time
from dataclasses import replace

import pytest
from standardwebhooks.webhooks import Webhook

from mare_services.contract.callback_urls import UrlRules
from mare_services.contract.callbacks import CallbackDue, CallbackType, DeliveryProgress, Outcome
from mare_services.webhooks.delivery import MOST_REDELIVERIES, CallbackDelivery, Received
from mare_services.webhooks.domain.destinations import Destinations
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.ports import Answer, SendingFailed
from mare_services.webhooks.sending import Sender, Signer
from tests.fakes.clock import Clock

SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
NOW = 1_800_000_000.0
DUE = CallbackDue(
    webhook_id="msg_1_1_complete",
    job_id="1",
    type=CallbackType.COMPLETE,
    url="https://example.com/hook?token=secret",
    payload={"type": "job.complete", "timestamp": "2026-11-25T12:00:00Z", "data": {"id": "1"}},
)


class Receiver:
    """Answers as told: a status, an Answer or an error; remembers what it got."""

    def __init__(self):
        self.answer = 204
        self.requests = []

    def post(self, destination, headers, body, seconds):
        self.requests.append((destination, headers, body))
        self.seconds = seconds
        if isinstance(self.answer, Exception):
            raise self.answer
        return Answer(status=self.answer) if isinstance(self.answer, int) else self.answer


class Queues:
    def __init__(self):
        self.parked, self.dead, self.reports = [], [], []

    def park(self, due, seconds):
        self.parked.append((due, seconds))

    def dead_letter(self, due, reason):
        self.dead.append((due, reason))

    def report(self, attempted):
        self.reports.append(attempted.delivery)


class Subscriptions:
    """The record of the jobs service: `ended` jobs; None while it does not answer."""

    def __init__(self):
        self.ended, self.asked = set(), []

    def have_ended(self, job_id):
        self.asked.append(job_id)
        return None if self.ended is None else job_id in self.ended


def handle(delivery, due, queues, subscriptions=None, **received):
    received = Received(due=due, **received)
    delivery.handle(received, queues, subscriptions or Subscriptions())


@pytest.fixture
def subscriptions():
    return Subscriptions()


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def queues():
    return Queues()


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def make_delivery(receiver, clock):
    def make(*, concurrency=4, rules=UrlRules()):  # noqa: B008
        return CallbackDelivery(
            sender=Sender(transport=receiver, signer=Signer([SECRET]), clock=clock),
            attempt_seconds=15,
            rules=rules,
            schedule=Schedule((5, 30)),
            destinations=Destinations(concurrency=concurrency, rate=100, workers=4),
            clock=clock,
            monotonic=clock,
            draw=lambda: 0.5,
        )

    return make


@pytest.fixture
def delivery(make_delivery):
    return make_delivery()


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


RETRY = replace(DUE, first=True, progress=DeliveryProgress(attempts=1, step=1, since=NOW - 5))
LATER = replace(DUE, first=False)


@pytest.mark.parametrize("due", [RETRY, LATER])
def test_a_callback_that_another_replica_knows_to_be_ended_is_not_sent(
    delivery, receiver, queues, subscriptions, due
):
    subscriptions.ended.add("1")

    handle(delivery, due, queues, subscriptions)

    assert receiver.requests == queues.parked == queues.dead == []
    [report] = queues.reports
    assert (report.outcome, report.status, report.next_at) == (Outcome.GONE, None, None)
    assert report.detail == "The receiver has ended the callbacks of this job."


@pytest.mark.parametrize("due", [RETRY, LATER])
def test_a_callback_waits_while_it_is_not_known_whether_it_has_ended(
    delivery, receiver, queues, subscriptions, due
):
    subscriptions.ended = None
    handle(delivery, due, queues, subscriptions)

    assert receiver.requests == queues.reports == []
    [(waiting, seconds)] = queues.parked
    assert (waiting.progress.attempts, seconds) == (due.progress.attempts, 1.0)

    delivery.clock.now, subscriptions.ended = waiting.progress.not_before, set()
    handle(delivery, waiting, queues, subscriptions)
    assert [each.outcome for each in queues.reports] == [Outcome.DELIVERED]


def test_the_first_attempt_of_a_jobs_first_callback_needs_no_answer_of_jobs(
    delivery, queues, subscriptions
):
    handle(delivery, replace(DUE, first=True), queues, subscriptions)

    assert subscriptions.asked == []
    assert [each.outcome for each in queues.reports] == [Outcome.DELIVERED]


def test_the_question_is_a_part_of_the_time_of_an_attempt(delivery, receiver, queues, clock):
    class Slow(Subscriptions):
        def have_ended(self, job_id):
            clock.now += 2
            return False

    handle(delivery, LATER, queues, Slow())

    assert receiver.seconds == 13


def test_a_callback_whose_process_was_killed_is_sent_again(delivery, queues):
    handle(delivery, DUE, queues, redeliveries=MOST_REDELIVERIES - 1)

    assert [each.outcome for each in queues.reports] == [Outcome.DELIVERED]


def test_a_callback_that_kills_its_process_again_and_again_uses_up_its_schedule(
    delivery, receiver, queues
):
    due, seconds = DUE, []
    for _ in range(3):
        handle(delivery, due, queues, redeliveries=MOST_REDELIVERIES)
        if queues.parked:
            due, parked = queues.parked.pop()
            seconds.append(parked)
            delivery.clock.now += parked + 1

    assert receiver.requests == []
    assert seconds == [5, 30]
    [(_, reason)] = queues.dead
    assert reason == "The sender ended during the attempt."
    assert [each.detail for each in queues.reports] == [reason] * 3


def test_a_callback_has_the_trace_of_its_job(delivery, receiver, queues):
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    handle(delivery, DUE, queues, traceparent=traceparent)
    handle(delivery, replace(DUE, webhook_id="msg_2"), queues)

    assert [headers.get("traceparent") for _, headers, _ in receiver.requests] == [
        traceparent, None
    ]  # fmt: skip


def test_a_callback_that_was_delivered_is_not_sent_again(delivery, receiver, queues):
    receiver.answer = 500
    handle(delivery, DUE, queues)
    receiver.answer = 204
    for _ in range(2):
        handle(delivery, DUE, queues)

    assert [each.outcome for each in queues.reports] == [Outcome.FAILED, Outcome.DELIVERED]


def test_a_retry_after_of_a_receiver_delays_the_next_attempt(delivery, receiver, queues):
    receiver.answer = Answer(status=429, retry_after="20")

    handle(delivery, DUE, queues)

    assert queues.reports[0].next_at.timestamp() == NOW + 20


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


def test_retry_after_counts_only_where_it_has_a_meaning(delivery, receiver, queues):
    receiver.answer = Answer(status=404, retry_after="20")

    handle(delivery, DUE, queues)

    assert queues.reports[0].next_at.timestamp() == NOW + 5


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
