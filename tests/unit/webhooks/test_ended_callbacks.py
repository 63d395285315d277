"""What ends a callback, or its process: a 410 that another replica got, and kills."""

from dataclasses import replace

import pytest

from mare_nameko.service.errors import BadReply, CallTimedOut, DeadlineExceeded
from mare_services.contract.callbacks import DeliveryProgress, Outcome
from mare_services.webhooks.delivery import MOST_REDELIVERIES
from mare_services.webhooks.service import have_ended
from tests.unit.webhooks.deliveries import DUE, NOW, Subscriptions, handle

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


@pytest.mark.parametrize(
    "error", [CallTimedOut("jobs"), DeadlineExceeded("too late"), BadReply("odd")]
)
def test_a_jobs_service_that_answers_late_or_oddly_is_not_known_to_have_ended_anything(error):
    """After 191 s of a slow store the callbacks were dead letters."""

    class Jobs:
        def callbacks_ended(self, question):
            raise error

    assert have_ended(Jobs(), "1") is None


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


def test_a_callback_has_the_headers_of_its_message(delivery, receiver, queues):
    handle(delivery, DUE, queues, headers={"X-Request-Id": "r-1"})
    handle(delivery, replace(DUE, webhook_id="msg_2"), queues)

    assert [headers.get("X-Request-Id") for _, headers, _ in receiver.requests] == ["r-1", None]
