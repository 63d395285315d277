"""Many ask for a few host names."""

import socket

import eventlet
import pytest
from eventlet.event import Event

from mare_nameko.service.patcher import coalesce


class NameServer:
    """Answers when the test releases it."""

    def __init__(self):
        self.questions = []
        self.answer = Event()

    def resolve(self, *question, **options):
        self.questions.append(question)
        return self.answer.wait(), question, options


@pytest.fixture
def server():
    return NameServer()


def test_concurrent_lookups_of_one_name_share_one_execution(server):
    resolve = coalesce(server.resolve)
    lookups = [eventlet.spawn(resolve, "broker", 5672, family=0) for _ in range(3)]
    other = eventlet.spawn(resolve, "weather", 443)
    eventlet.sleep(0)
    server.answer.send("address")

    answers = [one.wait() for one in lookups]
    assert answers == [("address", ("broker", 5672), {"family": 0})] * 3
    assert other.wait() == ("address", ("weather", 443), {})
    assert sorted(server.questions) == [("broker", 5672), ("weather", 443)]


def test_a_result_is_not_cached(server):
    resolve = coalesce(server.resolve)
    server.answer.send("address")
    resolve("broker")
    resolve("broker")

    assert len(server.questions) == 2


def test_an_error_is_raised_in_all_callers(server):
    resolve = coalesce(server.resolve)
    lookups = [eventlet.spawn(resolve, "broker") for _ in range(2)]
    eventlet.sleep(0)
    server.answer.send_exception(socket.gaierror("unknown"))

    for one in lookups:
        with pytest.raises(socket.gaierror, match="unknown"):
            one.wait()


def test_a_caller_that_gives_up_does_not_cancel_the_lookup_of_the_others(server):
    resolve = coalesce(server.resolve)
    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.01):
        resolve("broker")

    patient = eventlet.spawn(resolve, "broker")
    eventlet.sleep(0)
    server.answer.send("address")

    assert patient.wait()[0] == "address"
    assert len(server.questions) == 1
