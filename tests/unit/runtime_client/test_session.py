"""What a session publishes, without a broker."""

import pytest

from mare_nameko.client import AmqpUri, Options, Overloaded
from mare_nameko.client import session as session_module
from mare_nameko.client.encoding import Route
from mare_nameko.client.pending import Call, PendingCalls
from mare_nameko.client.session import Session

OPTIONS = Options(amqp_uri=AmqpUri("amqp://broker"))


class Channel:
    def __init__(self):
        self.channel_id = 1
        self.events = {"basic_nack": set(), "basic_return": set()}

    def accept(self, *_, **__):
        """Stand in for the methods that declare, bind and consume."""

    exchange_declare = queue_declare = queue_bind = basic_consume = confirm_select = accept


class Connection:
    """Records what is sent."""

    def __init__(self, **options):
        self.options = options
        self.frame_max = 131072
        self.sock = self
        self.sent = []
        self.first_channel = Channel()

    def connect(self):
        """Stand in for the handshake."""

    def channel(self):
        return self.first_channel

    def settimeout(self, seconds):
        """Stand in for the socket's method."""

    def fileno(self):
        return 7

    def send(self, frames):
        self.sent.append(frames)


@pytest.fixture
def pending():
    return PendingCalls(limit=9)


@pytest.fixture
def session(pending, monkeypatch):
    monkeypatch.setattr(session_module, "BufferedConnection", Connection)
    return Session(*OPTIONS.amqp_uri.addresses, OPTIONS, pending, None, None)


def add(pending, route, correlation_id):
    call = Call(correlation_id, "weather", route, f"<{correlation_id}>".encode(), 0.0)
    pending.add(call)
    return call


def test_pending_calls_are_published_with_one_write(session, pending):
    calls = [add(pending, session.route, name) for name in ("a", "b")]

    session.publish(calls)

    assert session._connection.sent == [b"<a><b>"]


def test_a_call_of_an_earlier_session_is_not_published(session, pending):
    route = session.route
    # Equal to the route of this session in all fields but one: the key of the reply queue.
    earlier = Route(route.channel, route.exchange, "gone", route.frame_max)

    session.publish([add(pending, earlier, "old"), add(pending, route, "new")])

    assert session._connection.sent == [b"<new>"]


def test_a_call_that_timed_out_before_it_was_sent_is_not_published(session, pending):
    call = add(pending, session.route, "late")
    pending.take("late")

    session.publish([call])

    assert session._connection.sent == []


def test_a_nack_fails_the_calls_that_it_means(session, pending):
    first, second, third = (add(pending, session.route, name) for name in ("a", "b", "c"))
    session.publish([first, second, third])

    session._on_nack(2, True)

    for refused in (first, second):
        with pytest.raises(Overloaded, match="the queue of weather is full"):
            refused.reply()
    assert "c" in pending
    assert not third.wait(0)


def test_a_late_reply_is_ignored(session, pending):
    call = add(pending, session.route, "a")
    pending.take("a")

    session._on_reply("a", b"{}")

    assert not call.wait(0)
