"""The webhooks service on a real broker, with a receiver that lies."""

import json
import os
import subprocess
import sys

import pytest

from mare_nameko.topology import DEAD_LETTERS
from mare_services.contract.callbacks import CALLBACK_QUEUE as CALLBACKS
from tests.fakes import receiver as behaviour
from tests.fakes.receiver import Receiver, status
from tests.integration.runtime_client.amqp_proxy import BLOCKED, UNBLOCKED, Alarm
from tests.integration.webhooks.conftest import verified
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.broker

TRACE = "0af7651916cd43dd8448eb211c80319c"
IDS = {"nameko.traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "nameko.request_id": "r-1"}


def in_turn(*behaviours):
    """Behave differently with each request; the last behaviour repeats."""
    left = list(behaviours)

    def behave(connection):
        next_one = left.pop(0) if len(left) > 1 else left[0]
        next_one(connection)

    return behave


def command(vhost, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "mare_services.webhooks.command", *arguments],
        env={**os.environ, "AMQP_URI": vhost.amqp_uri},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_failed_callback_is_sent_again_with_the_same_ids_until_it_arrives(webhooks):
    answers = in_turn(status(500), status(204))
    with (
        Receiver(answers) as receiver,
        webhooks.record(),
        webhooks.running(WEBHOOKS_RETRY_SECONDS="2"),  # through another queue than the rest of 1 s
    ):
        webhooks.publish(receiver.url, **IDS)
        reports = webhooks.await_reports(2)
        eventually(lambda: webhooks.vhost.depth(CALLBACKS).ready == 0)

    assert {event["data"]["id"] for event in verified(receiver.received)} == {"1"}
    assert {request.headers["webhook-id"] for request in receiver.received} == {"msg_1_1_complete"}
    assert {request.headers["x-request-id"] for request in receiver.received} == {"r-1"}
    assert [(each["number"], each["outcome"]) for each in reports] == [
        (1, "failed"), (2, "delivered")
    ]  # fmt: skip
    assert webhooks.vhost.dead_letters() == 0


def test_no_report_is_missing_after_an_alarm_of_the_broker(webhooks):
    port = webhooks.vhost.node.ports.amqp
    with Receiver() as receiver, Alarm(port) as alarm:
        uri = webhooks.vhost.amqp_uri.replace(f":{port}/", f":{alarm.port}/")
        with webhooks.running(AMQP_URI=uri) as process:
            alarm.broadcast(BLOCKED)
            webhooks.publish(receiver.url)
            assert any("cannot be reported" in line for line in process.stdout)
            alarm.broadcast(UNBLOCKED)

            eventually(webhooks.reports)
    assert len(receiver.received) == 1


def test_a_callback_that_never_arrives_is_kept_and_can_be_replayed(webhooks):
    with (
        Receiver(status(503)) as receiver,
        webhooks.record(),
        webhooks.running(WEBHOOKS_RETRY_SECONDS="1"),
    ):
        for job in ("1", "2"):  # a URL each, whose breaker stays closed
            webhooks.publish(f"{receiver.url}/{job}", job)
        becomes(webhooks.vhost.dead_letters, 2)
        webhooks.vhost.publish(b"another service's", routing_key=DEAD_LETTERS)
        receiver.behave = status(204)

        listed = command(webhooks.vhost, "dead-letters")
        one = command(webhooks.vhost, "replay", "--job", "2")
        eventually(lambda: len(receiver.received) == 5)
        rest = command(webhooks.vhost, "replay")
        reports = webhooks.await_reports(6)

    assert len(receiver.received) == 6
    assert listed.stdout.splitlines()[-1] == "2 callbacks"
    assert "2 attempts  status 503" in listed.stdout
    assert one.stderr == ""
    assert one.stdout.splitlines() == [
        "2  job.complete  2 attempts  status 503", "1 callbacks"
    ]  # fmt: skip
    assert rest.stdout.splitlines()[-1] == "1 callbacks"
    becomes(webhooks.vhost.dead_letters, 1)
    assert [each["number"] for each in reports] == [1, 1, 2, 2, 3, 3]


def test_a_retry_ends_if_another_replica_got_a_410(webhooks):
    settings = {"WEBHOOKS_RETRY_SECONDS": "1"}
    with Receiver(status(503)) as receiver, webhooks.record() as record:
        with webhooks.running(**settings):
            webhooks.publish(receiver.url)
            [failed] = webhooks.await_reports(1)
        record.ended.add("1")
        with webhooks.running(**settings):  # it has no memory
            [gone] = webhooks.await_reports(1)

    assert len(receiver.received) == 1
    assert (failed["number"], failed["outcome"]) == (1, "failed")
    assert (gone["number"], gone["outcome"], gone["status"]) == (2, "gone", None)
    assert webhooks.vhost.dead_letters() == 0


def test_a_callback_whose_processes_were_killed_is_a_failed_attempt_and_no_dead_letter(webhooks):
    with Receiver(behaviour.stall) as receiver, webhooks.record():
        with webhooks.running():  # killed at the end of the block
            webhooks.publish(receiver.url)
            eventually(lambda: receiver.received)
        for _ in range(6):  # the broker gives up after the 21st
            eventually(lambda: webhooks.vhost.depth(CALLBACKS).ready == 1)
            take_and_end(webhooks.vhost)
        receiver.behave = status(204)
        with webhooks.running(WEBHOOKS_RETRY_SECONDS="1"):
            reports = webhooks.await_reports(2)

    assert [each["outcome"] for each in reports] == ["failed", "delivered"]
    assert reports[0]["detail"] == "The sender ended during the attempt."
    assert webhooks.vhost.dead_letters() == 0


def take_and_end(vhost):
    """End with a callback in hand, as a process that is killed."""
    with vhost.connect() as connection:
        assert connection.channel().basic_get(CALLBACKS) is not None


def test_what_the_broker_gave_up_is_listed_and_replayed(webhooks):
    """Also a callback that was parked: its first death is that in the parking queue."""
    with Receiver(status(503)) as receiver, webhooks.record():
        with webhooks.running(WEBHOOKS_RETRY_SECONDS="1"):
            webhooks.publish(receiver.url, "parked")
            webhooks.await_reports(1)
        webhooks.publish(receiver.url, "new")
        becomes(lambda: webhooks.vhost.depth(CALLBACKS).ready, 2)
        for _ in range(2):
            give_up(webhooks.vhost)
        becomes(webhooks.vhost.dead_letters, 2)

        listed = command(webhooks.vhost, "dead-letters").stdout.splitlines()
        replayed = command(webhooks.vhost, "replay").stdout.splitlines()

    assert sorted(listed) == [
        "2 callbacks",
        "new  job.complete  0 attempts  too many deliveries",
        "parked  job.complete  1 attempts  too many deliveries",
    ]
    assert replayed[-1] == "2 callbacks"
    assert webhooks.vhost.depth(CALLBACKS).ready == 2


def give_up(vhost):
    """Reject the next callback as the broker does after too many deliveries."""
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.basic_reject(channel.basic_get(CALLBACKS).delivery_tag, requeue=False)


def test_the_request_and_its_log_lines_have_the_ids_of_the_message(webhooks):
    with Receiver() as receiver, webhooks.running(LOG_LEVEL="INFO") as process:
        webhooks.publish(receiver.url, **IDS)
        webhooks.await_reports(1)
        line = next(json.loads(each) for each in process.stdout if "attempt 1" in each)

    sent = receiver.received[0].headers
    _, trace_id, span_id, _ = sent["traceparent"].split("-")
    assert (trace_id, line["trace_id"]) == (TRACE, TRACE)
    assert (sent["x-request-id"], line["request_id"]) == ("r-1", "r-1")
    assert line["span_id"] == span_id


def test_no_lie_of_a_receiver_takes_longer_than_an_attempt(webhooks):
    receivers = [Receiver(behaviour.stall), Receiver(behaviour.drip)]
    settings = {"WEBHOOKS_ATTEMPT_SECONDS": "2", "WEBHOOKS_RETRY_SECONDS": "3600"}
    with webhooks.running(**settings):
        for number, receiver in enumerate(receivers):
            receiver.__enter__()
            webhooks.publish(receiver.url, str(number))
        reports = webhooks.await_reports(2)
        for receiver in receivers:
            receiver.__exit__()

    assert {each["outcome"] for each in reports} == {"failed"}
    assert max(each["seconds"] for each in reports) < 15  # the limit is 2


HOSTILE = (
    "http://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::ffff:7f00:1]/",
    "http://example.com/", "https://no-such-name.example.com/",
)  # fmt: skip


def test_a_url_that_leads_inside_is_refused_although_it_got_into_a_queue(webhooks):
    settings = {"WEBHOOKS_ALLOW_LOCALHOST": "false", "WEBHOOKS_RETRY_SECONDS": "3600"}
    with Receiver() as receiver, webhooks.running(WEBHOOKS_ATTEMPT_SECONDS="10", **settings):
        for number, url in enumerate((*HOSTILE, receiver.url)):
            webhooks.publish(url, str(number))
        reports = webhooks.await_reports(6)

        assert receiver.connections == 0
    assert {(each["outcome"], each["status"]) for each in reports} == {("failed", None)}
    details = [each["detail"] for each in reports]
    assert all(
        detail.startswith(("The URL is refused.", "The host has no public address."))
        for detail in details
    )
