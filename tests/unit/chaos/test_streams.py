"""A followed stream misses nothing if it ends after the state that its end names."""

import pytest

from tests.load.job_clients import Stream


def event(event_id: str) -> bytes:
    return f'id: {event_id}\ndata: {{"state": 1}}\n\n'.encode()


def end(event_id: str) -> bytes:
    return f"event: end\nid: {event_id}\ndata: {{}}\n\n".encode()


def read(stream: Stream, *parts: bytes) -> None:
    for line in b"".join((b"retry: 1000\n\n", *parts)).splitlines(keepends=True):
        stream.read(line)


def test_a_stream_that_ends_after_its_last_state_has_no_gap():
    stream = Stream()
    read(stream, event("1-pending"), b": heartbeat\n\n", event("1-complete"), end("1-complete"))

    assert stream.ids == ["1-pending", "1-complete"]
    assert stream.ended
    assert not stream.has_gap
    assert not stream.went_back()


def test_a_stream_that_ends_without_its_last_state_has_a_gap():
    stream = Stream()
    read(stream, event("1-partial"), end("1-complete"))

    assert stream.ended
    assert stream.has_gap


def test_an_event_that_a_broken_connection_cut_off_is_requested_again():
    stream = Stream()
    read(stream, event("1-running"), event("1-complete")[:-1])
    assert stream.headers() == {"Last-Event-ID": "1-running"}

    read(stream, event("1-complete"), end("1-complete"))

    assert stream.ids == ["1-running", "1-complete"]
    assert not stream.has_gap


def test_an_end_that_comes_in_part_is_no_end():
    stream = Stream()
    read(stream, event("1-complete"), b"event: end\n")

    assert not stream.ended


def went_back(*ids: str) -> bool:
    stream = Stream()
    read(stream, *map(event, ids))
    return stream.went_back()


@pytest.mark.parametrize("ids", [("1-partial",) * 2, ("1-partial", "1-pending", "1-complete")])
def test_a_stream_with_a_state_again_or_after_a_later_one_went_back(ids: tuple[str, ...]):
    assert went_back(*ids)


@pytest.mark.parametrize("ids", [(), ("1-pending", "1-complete"), ("1-failed", "2-pending")])
def test_a_stream_whose_states_follow_each_other_went_on(ids: tuple[str, ...]):
    assert not went_back(*ids)
