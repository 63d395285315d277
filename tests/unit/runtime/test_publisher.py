"""What the publisher does when connections are lost, without a broker."""

from types import SimpleNamespace

import eventlet
import pytest
from amqp import Message
from eventlet.event import Event
from kombu import Queue

from mare_nameko.backoff import Backoff
from mare_nameko.service import registration
from mare_nameko.service.confirming_session import ConnectionLost
from mare_nameko.service.errors import BrokerUnavailable, MessageTooLong
from mare_nameko.service.events import outgoing
from mare_nameko.service.publisher import Publisher


class Session:
    """Records what is published, and is lost ``losses`` times before it confirms."""

    def __init__(self, losses, cause="reset"):
        self.losses = losses
        self.cause = cause
        self.published = []

    def publish(self, message, exchange, routing_key, *, mandatory, seconds):
        self.published.append((message, exchange, routing_key, mandatory))
        if len(self.published) <= self.losses:
            raise ConnectionLost(self.cause)


def publisher_with(session, seconds=60.0):
    publisher = Publisher()
    publisher.container = SimpleNamespace(settings=SimpleNamespace(publish_seconds=seconds))
    if session is not None:
        publisher._connected.send(session)
    return publisher


@pytest.mark.parametrize("losses", [0, 1, 2])
def test_a_message_whose_confirm_is_lost_is_published_again_with_the_same_id(losses):
    session = Session(losses)

    publisher_with(session).publish({"n": 1}, "nameko-rpc", "a.b", mandatory=True)

    assert len(session.published) == losses + 1
    ids = {message.properties["message_id"] for message, *_ in session.published}
    assert len(ids) == 1
    assert ids != {""}
    assert {tuple(rest) for _, *rest in session.published} == {("nameko-rpc", "a.b", True)}


def test_after_three_lost_connections_it_gives_up():
    session = Session(losses=3)

    with pytest.raises(BrokerUnavailable, match="reset"):
        publisher_with(session).publish({}, "", "q")

    assert len(session.published) == 3


@pytest.mark.parametrize(("payload", "times"), [("a" * 18, 1), ("short", 2)])
def test_only_a_message_that_is_too_long_is_not_published_again(payload, times):
    text = "Basic.publish: (406) PRECONDITION_FAILED - message size 20 is larger than max size 9"
    session = Session(losses=1, cause=text)
    publisher = publisher_with(session)

    if times == 1:
        with pytest.raises(MessageTooLong, match="message size 20 is larger"):
            publisher.publish(payload, "", "q")
    else:
        publisher.publish(payload, "", "q")

    assert len(session.published) == times


def test_each_message_has_an_id_of_its_own():
    session = Session(losses=0)
    publisher = publisher_with(session)

    publisher.publish({}, "", "q")
    publisher.publish({}, "", "q")

    first, second = (message.properties["message_id"] for message, *_ in session.published)
    assert first != second


def test_an_id_that_the_caller_gives_is_kept():
    session = Session(losses=0)

    publisher_with(session).publish({}, "", "q", message_id="call-1")

    assert session.published[0][0].properties["message_id"] == "call-1"


def test_without_a_connection_it_fails_in_time():
    with eventlet.Timeout(20), pytest.raises(BrokerUnavailable, match="unreachable"):
        publisher_with(None, seconds=0.05).publish({}, "", "q")


def test_during_a_long_alarm_nothing_is_published(monkeypatch):
    monkeypatch.setattr("mare_nameko.service.publisher.ALARM_SECONDS", 0.05)
    session = Session(losses=0)
    publisher = publisher_with(session)
    publisher._block("low on memory")

    with pytest.raises(BrokerUnavailable, match="in alarm"):
        publisher.publish({}, "", "q")

    assert session.published == []


def test_a_message_waits_for_the_end_of_a_short_alarm():
    session = Session(losses=0)
    publisher = publisher_with(session)
    publisher._block("low on memory")
    eventlet.spawn_after(0.05, publisher._unblock)

    publisher.publish({}, "", "q")

    assert len(session.published) == 1


def test_a_message_waits_for_the_next_connection():
    session = Session(losses=0)
    publisher = publisher_with(None)
    publisher._connected = Event()

    eventlet.spawn_after(0.05, publisher._connected.send, session)
    publisher.publish({}, "", "q")

    assert len(session.published) == 1


@pytest.mark.parametrize(("properties", "kept"), [({"message_id": "m-1"}, "m-1"), ({}, None)])
def test_an_event_that_is_parked_keeps_its_id_or_gets_one(properties, kept):
    message = Message("{}", **properties)
    message.content_type, message.content_encoding = "application/json", "utf-8"

    parked = outgoing(message, {})

    assert parked.properties["message_id"]
    assert kept is None or parked.properties["message_id"] == kept


def test_a_broker_that_does_not_answer_a_declaration_is_given_up(monkeypatch):
    monkeypatch.setattr("mare_nameko.service.publisher.open_once", lambda connection: None)
    closed = []
    monkeypatch.setattr("mare_nameko.service.publisher.close_quietly", closed.append)
    monkeypatch.setattr(registration, "REGISTER_SECONDS", 0.05)
    silent = SimpleNamespace(connected=True, channel=SilentChannel)
    publisher = publisher_with(None)
    publisher.container.broker = SimpleNamespace(connection=lambda purpose, **options: silent)
    publisher.declare(Queue("retry-1s"))

    with pytest.raises(TimeoutError, match="has not answered the declaration"):
        publisher._serve_one_connection(Backoff())

    assert closed == [silent]
    assert not publisher.connected


class SilentChannel:
    """Answers nothing, not even its close."""

    def __getattr__(self, name):
        return lambda *_, **__: eventlet.sleep(60)
