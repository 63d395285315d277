"""Workers that share one connection get the confirm of their own message."""

import eventlet
import pytest
from amqp import Message, spec
from eventlet.hubs import get_hub

from mare_nameko.service.confirming_session import ConfirmingSession, ConnectionLost, Unroutable
from mare_nameko.service.errors import BrokerUnavailable, MessageRefused
from tests.fakes.clock import Clock
from tests.fakes.stalled_loop import stall


class Connection:
    """A connection, and its channel, whose broker is the test."""

    def __init__(self):
        self.events = {name: set() for name in ("basic_ack", "basic_nack", "basic_return")}
        self.in_confirm_mode = False
        self.written = []
        self.drained = []
        self.drains = []
        self.beats = 0

    def channel(self):
        return self

    def confirm_select(self):
        self.in_confirm_mode = True

    def send_method(self, *method):
        self.written.append(method)

    def drain_events(self, timeout):
        self.drained.append(timeout)
        answer = self.drains.pop(0)
        if isinstance(answer, BaseException):
            raise answer

    def heartbeat_check(self):
        self.beats += 1

    def send(self, event, *args):
        (handle,) = self.events[event]
        handle(*args)


@pytest.fixture
def connection():
    return Connection()


@pytest.fixture
def ends():
    return []


@pytest.fixture
def session(connection, ends):
    return ConfirmingSession(connection, on_end=lambda: ends.append("end"))


def publishing(session, key="queue", exchange="", *, mandatory=False, seconds=60.0, **properties):
    message = Message("{}", **properties)
    thread = eventlet.spawn(
        session.publish, message, exchange, key, mandatory=mandatory, seconds=seconds
    )
    eventlet.sleep(0)
    return thread


def outcome(thread):
    with eventlet.Timeout(30):
        return thread.wait()


def test_a_message_is_written_as_it_is_given(session, connection):
    assert connection.in_confirm_mode
    publishing(session, "key", "exchange", mandatory=True)

    ((method, form, arguments, message),) = connection.written
    assert (method, form) == (spec.Basic.Publish, "Bssbb")
    assert arguments == (0, "exchange", "key", True, False)
    assert message.body == "{}"


def test_each_worker_waits_for_its_own_confirm(session, connection):
    first, second, third, fourth = (publishing(session) for _ in range(4))

    connection.send("basic_ack", 3, False)
    connection.send("basic_nack", 2, False)
    connection.send("basic_ack", 4, True)

    for each in (first, third, fourth):
        assert outcome(each) is None
    with pytest.raises(MessageRefused, match="a message for queue; a queue may be full"):
        outcome(second)


def test_an_isolated_routing_key_has_a_channel_and_tags_of_its_own():
    class TwoChannels(Connection):
        def __init__(self):
            super().__init__()
            self.channels = []

        def channel(self):
            self.channels.append(Connection())
            return self.channels[-1]

    connection = TwoChannels()
    session = ConfirmingSession(connection, on_end=lambda: None, isolated=["own"])
    threads = [publishing(session, key) for key in ("other", "own", "other")]
    shared, own = connection.channels

    assert [len(each.written) for each in (shared, own)] == [2, 1]
    own.send("basic_ack", 1, False)
    assert outcome(threads[1]) is None
    assert not threads[0].dead
    session.fail(OSError("lost"))
    for each in threads[::2]:
        with pytest.raises(ConnectionLost):
            outcome(each)


def test_a_refusal_names_exchange_and_routing_key(session, connection):
    thread = publishing(session, "a.b", "things")
    connection.send("basic_nack", 1, False)

    with pytest.raises(MessageRefused) as refusal:
        outcome(thread)
    assert str(refusal.value) == "The broker refused a message for things/a.b; a queue may be full."


def test_a_returned_message_is_identified_by_its_correlation_id(session, connection):
    given = {"key": "a.b", "exchange": "nameko-rpc", "mandatory": True}
    threads = [publishing(session, **given, correlation_id=each) for each in ("c-1", "c-2")]
    threads.append(publishing(session, "a.c", "nameko-rpc", correlation_id="c-1"))

    returned = Message("{}", correlation_id="c-1")
    connection.send("basic_return", None, "nameko-rpc", "a.b", returned)
    connection.send("basic_ack", 3, True)

    with pytest.raises(Unroutable) as refusal:
        outcome(threads[0])
    assert str(refusal.value) == "a.b"
    assert [outcome(each) for each in threads[1:]] == [None, None]


def test_one_returned_event_of_several_is_identified_by_its_message_id(session, connection):
    given = {"key": "job_changed", "exchange": "jobs.events", "mandatory": True}
    first, second = (publishing(session, **given, message_id=each) for each in ("m-1", "m-2"))

    returned = Message("{}", message_id="m-2")
    connection.send("basic_return", None, "jobs.events", "job_changed", returned)
    connection.send("basic_ack", 2, True)

    assert outcome(first) is None
    with pytest.raises(Unroutable):
        outcome(second)


def test_a_refused_message_that_is_also_returned_is_refused(session, connection):
    thread = publishing(session)
    connection.send("basic_return", None, "", "queue", Message("{}"))
    connection.send("basic_nack", 1, False)

    with pytest.raises(MessageRefused):
        outcome(thread)


def test_without_a_confirm_a_message_fails_in_time_and_a_late_one_is_ignored(session, connection):
    thread = publishing(session, seconds=0.05)

    with pytest.raises(BrokerUnavailable) as failure:
        outcome(thread)
    assert str(failure.value) == "The broker has not confirmed a message within 0.05 s."
    connection.send("basic_ack", 1, False)
    assert session.error is None


CREDIT = 400
"""Messages without a confirm by a quorum queue at which RabbitMQ stops reading a connection."""


def abandon(session, count):
    threads = [publishing(session, "silent", seconds=0.01) for _ in range(count)]
    for thread in threads:
        with pytest.raises(BrokerUnavailable):
            outcome(thread)


def test_a_queue_that_never_answers_ends_the_session_before_its_connection_stops(
    session, connection, ends
):
    other = publishing(session, "other")

    abandon(session, CREDIT - 100)

    assert ends == ["end"]
    with pytest.raises(ConnectionLost, match="has not confirmed 300 messages"):
        outcome(other)


def test_messages_that_are_confirmed_late_do_not_end_the_session(session, connection, ends):
    for published in (200, 400, 600):
        abandon(session, 200)
        connection.send("basic_ack", published, True)

    assert ends == []


def test_a_confirm_that_arrived_while_the_process_was_stopped_is_in_time(
    session, connection, monkeypatch
):
    clock = Clock(get_hub().clock())
    monkeypatch.setattr(get_hub(), "clock", clock)
    thread = publishing(session, seconds=60)

    stall(clock, 61, lambda: connection.send("basic_ack", 1, False))

    assert thread.wait() is None


def test_the_end_of_the_connection_fails_all_messages(session, connection, ends):
    threads = [publishing(session) for _ in range(2)]
    connection.drains = [None, OSError("reset")]

    with pytest.raises(OSError, match="reset"):
        session.read(stopped=lambda: False)

    for thread in threads:
        with pytest.raises(ConnectionLost, match="reset"):
            outcome(thread)
    assert ends == ["end"]
    with pytest.raises(ConnectionLost, match="reset"):
        outcome(publishing(session))
    assert len(connection.written) == 2


def test_a_write_that_fails_ends_the_session_and_its_reader(session, connection, ends):
    def send_method(*_):
        raise OSError("broken pipe")

    connection.send_method = send_method

    with pytest.raises(ConnectionLost, match="broken pipe"):
        outcome(publishing(session))
    with pytest.raises(ConnectionError, match="broken pipe"):
        session.read(stopped=lambda: False)
    assert ends == ["end"]
    assert connection.drained == []


def test_a_worker_that_is_ended_while_it_writes_ends_the_session(session, connection, ends):
    connection.send_method = lambda *_: eventlet.sleep(60)

    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.05):
        session.publish(Message("{}"), "", "queue", mandatory=False, seconds=60)

    assert ends == ["end"]
    assert isinstance(session.error, eventlet.Timeout)


def test_the_reader_sends_heartbeats_while_nothing_arrives_until_it_is_stopped(
    session, connection, ends
):
    connection.drains = [None, TimeoutError(), None, TimeoutError()]

    session.read(stopped=lambda: not connection.drains)

    assert connection.beats == 2
    assert connection.drained == [1.0] * 4
    assert ends == []


def test_a_session_fails_once(session, ends):
    session.fail(OSError("first"))
    session.fail(OSError("second"))

    assert str(session.error) == "first"
    assert ends == ["end"]
