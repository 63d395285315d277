"""Responses of the management API and the Prometheus plugin are parsed, bounded and not trusted."""

import gzip
import threading
from typing import Any

import pytest

from mare.broker import http_client
from mare.broker.management import ManagementStatistics
from mare.broker.prometheus import DetailedMetrics, PrometheusStatistics
from mare.domain.observation import PEERS_UNKNOWN
from mare.domain.unknown import Unknown
from mare.ports import AccessRefused
from tests.unit.operator_broker.memory import peak_mib
from tests.unit.operator_broker.statistics_server import (
    MIB,
    SOURCES,
    WORK,
    FakeServer,
    consumer,
    fetch,
    management_of,
    same_for_all,
)


def test_the_management_api_reports_counts_consumers_and_peers():
    stats = {"publish": 9, "deliver_get": 7, "ack": 4}
    (work,) = fetch(
        ManagementStatistics,
        management_of(
            [{**WORK, "message_stats": stats}],
            [consumer("one", 10), consumer("two", 20, peer_port=4001)],
            [
                {"name": "one", "messages_unacknowledged": 2},
                {"name": "two", "messages_unacknowledged": 0},
            ],
        ),
    ).values()

    assert (work.ready, work.unacknowledged, work.consumers, work.prefetch) == (3, 2, 1, 15)
    assert (work.published, work.delivered, work.acknowledged) == (9, 7, 4)
    assert work.peers == {"10.0.0.1:4000": 2, "10.0.0.1:4001": 0}


def test_deliveries_without_acknowledgement_count_as_acknowledged():
    stats = {"deliver_get": 9, "ack": 4, "deliver_no_ack": 3, "get_no_ack": 2}
    (work,) = fetch(
        ManagementStatistics, management_of([{**WORK, "message_stats": stats}])
    ).values()

    assert (work.delivered, work.acknowledged) == (9, 9)


def test_two_channels_of_one_connection_count_as_the_busier_one():
    held, channels = [], []
    for channel, count in (("one", 2), ("two", 0)):
        held.append(consumer(channel, 10))
        channels.append({"name": channel, "messages_unacknowledged": count})
    (work,) = fetch(ManagementStatistics, management_of([WORK], held, channels)).values()

    assert work.peers == {"10.0.0.1:4000": 2}


def test_a_queue_whose_leader_has_just_moved_has_no_counts():
    """RabbitMQ 4.0.5 answers so for 100 messages, of which 60 are unacknowledged."""
    moved = {
        "name": "work",
        "type": "quorum",
        "messages_ready": 0,
        "messages_unacknowledged": 0,
        "message_stats": {"publish": 100, "deliver_get": 60},
    }
    (work,) = fetch(ManagementStatistics, management_of([moved])).values()

    assert isinstance(work.ready, Unknown)
    assert isinstance(work.unacknowledged, Unknown)


def test_a_new_queue_has_no_counts_but_its_type():
    queues = [
        {"name": "log", "type": "stream", "auto_delete": True},
        {"name": "x", "exclusive": True},
    ]
    found = fetch(ManagementStatistics, management_of(queues))

    assert isinstance(found["log"].ready, Unknown)
    assert (found["log"].stream, found["log"].transient, found["log"].exclusive) == (1, 1, 0)
    assert (found["x"].stream, found["x"].transient, found["x"].exclusive) == (0, 1, 1)


@pytest.mark.parametrize("empty", [[], None, {}])
def test_empty_details_are_accepted_as_erlang_writes_them(empty):
    held = {"queue": {"name": "work"}, "prefetch_count": 1, "channel_details": empty}
    (work,) = fetch(
        ManagementStatistics, management_of([{**WORK, "message_stats": empty}], [held])
    ).values()

    assert (work.published, work.acknowledged) == (0, 0)
    assert work.peers.reason == "PeersUnknown"


@pytest.mark.parametrize(
    ("prefetches", "prefetch"), [([], "NoConsumers"), ([5, 0], "NoPrefetch"), ([5, 6], 5.5)]
)
def test_the_prefetch_count_is_unknown_without_consumers_or_limit(prefetches, prefetch):
    held = [consumer("one", count) for count in prefetches]
    (work,) = fetch(ManagementStatistics, management_of([WORK], held)).values()

    assert getattr(work.prefetch, "reason", work.prefetch) == prefetch


def test_a_virtual_host_is_encoded_in_each_path():
    server = FakeServer()
    fetch(ManagementStatistics, server, "a/b")

    assert server.requested == [
        "/api/queues/a%2Fb",
        "/api/consumers/a%2Fb",
        "/api/vhosts/a%2Fb/channels",
        "/api/cluster-name",
        "/api/health/checks/alarms",
    ]
    with pytest.raises(AccessRefused, match="cannot be named"):
        fetch(ManagementStatistics, server, "..")
    assert len(server.requested) == 5


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"items": [{"name": "a"}], "page": 1, "page_count": 2, "page_size": 100}',
        b'[{"name": 3}]',
        b'[{"name": "a", "messages_ready": -1}]',
        b'[{"name": "a", "messages_ready": 1e99}]',
        b'[{"name": "a", "messages_ready": 99999999999999999999}]',
        b'[{"name": "a", "messages_ready": "3"}]',
        b'[{"name": "\xff"}]',
        b'[{"name": "a", "type": "%s"}]' % (b"a" * 65),
        b'[{"name": "a", "more": ' + b"[" * 100_000,
        b'[{"name": "a", "queue": {"name": "a"}, "channel_details": {"peer_host": "%s"}}]'
        % (b"a" * 65),
    ],
)
def test_a_response_of_another_shape_is_an_error_that_does_not_quote_it(body):
    with pytest.raises(OSError, match=r"^the management API returns an unexpected response$"):
        fetch(ManagementStatistics, same_for_all(body))


def test_a_queue_name_longer_than_those_of_amqp_is_refused():
    """The API server would reject the status that contains it."""
    longest = {**WORK, "name": "a" * 255}

    assert fetch(ManagementStatistics, management_of([longest]))["a" * 255].ready == 3
    with pytest.raises(OSError, match="unexpected response"):
        fetch(ManagementStatistics, management_of([{**WORK, "name": "a" * 256}]))


@pytest.mark.parametrize(
    ("kind", "limit"), [(ManagementStatistics, 11), (PrometheusStatistics, 32)]
)
def test_a_response_over_the_size_limit_is_refused(kind, limit):
    with pytest.raises(OSError, match=f"more than {limit} MiB"):
        fetch(kind, same_for_all(b"\n" * (limit * MIB + 1)))


@pytest.mark.parametrize("kind", SOURCES)
def test_a_compressed_response_is_not_decompressed(kind):
    bomb = gzip.compress(b"[" + b" " * (64 * MIB) + b"]")

    peak = peak_mib(
        lambda: fetch_or_error(kind, same_for_all(bomb, headers={"Content-Encoding": "gzip"}))
    )

    assert peak < 8


def test_many_small_objects_are_refused_before_they_are_decoded():
    items = (11 * MIB - 2) // 12
    body = b"[" + b",".join([b'{"name":""}'] * items) + b"]"

    def refused() -> None:
        with pytest.raises(OSError, match="more than 130,000 JSON objects"):
            fetch(ManagementStatistics, same_for_all(body))

    assert peak_mib(refused) < 24


def test_too_many_queues_are_refused():
    names = [f"a{number}" for number in range(30_001)]
    with pytest.raises(OSError, match="more than 30,000 queues"):
        fetch(ManagementStatistics, management_of([{"name": name} for name in names]))
    lines = (f'rabbitmq_detailed_queue_consumers{{queue="{name}"}} 1' for name in names)
    with pytest.raises(OSError, match="more than 30,000 queues"):
        fetch(PrometheusStatistics, same_for_all("\n".join(lines).encode()))


def fetch_or_error(kind: type, server: FakeServer) -> object:
    try:
        return fetch(kind, server)
    except OSError as error:
        return error


def test_responses_are_decoded_in_another_thread(monkeypatch: pytest.MonkeyPatch):
    threads = []
    decode = http_client.decode

    def decoded(*args: Any) -> object:
        threads.append(threading.current_thread())
        return decode(*args)

    monkeypatch.setattr(http_client, "decode", decoded)

    assert fetch(ManagementStatistics, FakeServer()) == {}
    assert len(threads) == 5
    assert threading.main_thread() not in threads


METRICS = """\
# TYPE rabbitmq_detailed_queue_messages_ready gauge
rabbitmq_detailed_queue_messages_ready{vhost="/",queue="a \\"b\\"}"} 3
rabbitmq_detailed_queue_messages_unacked{vhost="/",queue="a \\"b\\"}"} 2
rabbitmq_detailed_queue_consumers{vhost="/",queue="a \\"b\\"}"} 1
rabbitmq_detailed_queue_exchange_messages_published_total{exchange="x",queue="a \\"b\\"}"} 4
rabbitmq_detailed_queue_exchange_messages_published_total{exchange="y",queue="a \\"b\\"}"} 5
rabbitmq_detailed_queue_messages_delivered_ack_total{vhost="/",queue="a \\"b\\"}"} 7
rabbitmq_detailed_queue_messages_acked_total{vhost="/",queue="a \\"b\\"}"} 6
rabbitmq_detailed_queue_messages_delivered_total{vhost="/",queue="a \\"b\\"}"} 1
rabbitmq_detailed_queue_get_total{vhost="/",queue="a \\"b\\"}"} 2
rabbitmq_detailed_queue_messages_acked_total{vhost="/",queue="gone"} 6
"""


@pytest.mark.parametrize("block", [1, 7, 100, 10_000])
def test_detailed_metrics_are_added_up_by_queue_however_they_are_split(block):
    metrics, rest, text = DetailedMetrics(), bytearray(), METRICS.encode()
    for start in range(0, len(text), block):
        rest = metrics.parse(rest + text[start : start + block])

    (name, queue), *others = metrics.queues().items()
    assert (name, others) == ('a "b"}', [])
    assert (queue.ready, queue.unacknowledged, queue.consumers) == (3, 2, 1)
    assert (queue.published, queue.delivered, queue.acknowledged) == (9, 10, 9)


@pytest.mark.parametrize(
    ("label", "name"),
    [(r"a\nb", "a\nb"), (r"a\\nb", r"a\nb"), (r"\\\"", '\\"'), (r"\\\\", "\\" * 2)],
)
def test_escaped_names_of_queues_are_decoded(label, name):
    body = f'rabbitmq_detailed_queue_messages_ready{{queue="{label}"}} 5\n'.encode()

    assert fetch(PrometheusStatistics, same_for_all(body)).keys() == {name}


def test_the_last_line_of_the_metrics_may_lack_its_end():
    body = b'rabbitmq_detailed_queue_messages_ready{queue="a"} 5'

    found = fetch(PrometheusStatistics, same_for_all(body))["a"]
    assert (found.ready, found.peers) == (5, PEERS_UNKNOWN)


@pytest.mark.parametrize(
    "body",
    [
        b"x" * (3 * MIB),
        b'rabbitmq_detailed_queue_messages_ready{queue="a"} 9007199254740994\n',
        b'rabbitmq_detailed_queue_messages_ready{queue="a"} 1e99\n',
        b'rabbitmq_detailed_queue_messages_ready{queue="' + b"a" * 511 + b'"} 1\n',
    ],
)
def test_metrics_with_huge_lines_names_or_counts_are_refused(body):
    with pytest.raises(OSError, match="the Prometheus endpoint returns"):
        fetch(PrometheusStatistics, same_for_all(body))


def test_a_queue_whose_name_is_no_text_is_read_beside_the_others():
    line = b'rabbitmq_detailed_queue_messages_ready{vhost="/",queue="%b"} 3\n'
    metrics = DetailedMetrics()
    metrics.parse(bytearray(line % b"a\xff" + line % b"work"))
    assert {name: each.ready for name, each in metrics.queues().items()} == {
        "a\ufffd": 3,
        "work": 3,
    }
