"""Publishing over a connection that the broker does not read."""

import time

import eventlet
import pytest
from amqp import Message
from amqp.serialization import dumps

from mare_nameko.service.confirming_session import ConfirmingSession, ConnectionLost
from mare_nameko.service.errors import BrokerUnavailable

SECONDS = 0.1


class FullConnection:
    """A connection whose buffers are full: a write waits until it is interrupted."""

    def __init__(self):
        self.events = {name: set() for name in ("basic_ack", "basic_nack", "basic_return")}

    def channel(self):
        return self

    def confirm_select(self):
        """Accept, without effect."""

    def send_method(self, *_):
        eventlet.sleep(60)

    def drain_events(self, timeout):
        raise TimeoutError

    def heartbeat_check(self):
        eventlet.sleep(60)


@pytest.fixture
def ends():
    return []


@pytest.fixture
def session(ends):
    return ConfirmingSession(FullConnection(), on_end=lambda: ends.append("end"))


def publish(session, seconds=SECONDS):
    session.publish(Message("{}"), "", "queue", mandatory=False, seconds=seconds)


def test_a_write_that_does_not_return_ends_the_connection_in_time(session, ends):
    started = time.monotonic()

    with pytest.raises(ConnectionLost, match="the broker reads nothing"):
        publish(session)

    assert time.monotonic() - started < 45  # the broker reads after 60
    assert ends == ["end"]


def test_waiting_to_write_counts_against_the_time_limit(session, ends):
    first = eventlet.spawn(publish, session, seconds=30)
    eventlet.sleep(0)

    with pytest.raises(BrokerUnavailable, match="has read nothing for"):
        publish(session)

    assert ends == []
    first.kill()


def test_a_heartbeat_that_cannot_be_written_ends_the_connection(session, ends, monkeypatch):
    monkeypatch.setattr("mare_nameko.service.confirming_session.READ_SECONDS", SECONDS)

    with pytest.raises(TimeoutError, match="reads nothing"):
        session.read(stopped=lambda: False)

    assert ends == ["end"]


def test_a_late_confirm_of_a_failed_session_is_ignored(session, monkeypatch):
    monkeypatch.setattr(FullConnection, "send_method", lambda *_: None)
    waiting = eventlet.spawn(publish, session, seconds=30)
    eventlet.sleep(0)
    session.fail(OSError("lost"))

    session._shared.on_ack(1, multiple=True)  # before the worker runs again

    with pytest.raises(ConnectionLost):
        waiting.wait()


@pytest.mark.parametrize(
    ("routing_key", "headers"), [("k" * 256, {}), ("key", {"n": 2**64}), ("key", {"o": object()})]
)
def test_a_message_that_cannot_be_encoded_ends_no_connection(
    session, ends, monkeypatch, routing_key, headers
):
    def encode(_, method, form, arguments, message):
        return dumps(form, arguments) + message._serialize_properties()

    monkeypatch.setattr(FullConnection, "send_method", encode)
    message = Message("{}", application_headers=headers)

    with pytest.raises(ValueError, match="The message cannot be encoded: "):
        session.publish(message, "", routing_key, mandatory=False, seconds=30)
    waiting = eventlet.spawn(publish, session, seconds=30)
    eventlet.sleep(0)
    session._shared.on_ack(1, multiple=False)  # the broker numbers what was written

    waiting.wait()
    assert not ends
