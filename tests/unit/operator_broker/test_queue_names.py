"""Names, patterns and Secrets."""

import base64
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.broker.connection_parameters import parse_secret
from mare.broker.prometheus import _read
from mare.broker.queue_names import (
    QueueQuery,
    is_broadcast,
    is_service_queue,
    matcher,
    queries_of,
    queues_of,
)
from mare.custom_resource.autoscaler import read_autoscaler
from mare.ports import AccessRefused
from tests.unit.operator_loop.worlds import body

EVENT = "evt-cart-paid--shop.on_paid"
EVENT_OF_OTHER = "evt-cart-paid--other.on_paid"
BROADCAST = f"{EVENT}-0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("pattern", "name", "fit"),
    [
        ("jobs-*", "jobs-", True),
        ("jobs-*", "jobs-a-b", True),
        ("jobs-?", "jobs-ab", False),
        ("a.b", "axb", False),
        ("a[1]", "a[1]", True),
        ("*", "anything", True),
        ("jobs", "jobs-a", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("*ab*", "aab", True),
        ("*a?", "aab", True),
        ("a*a", "a", False),
        ("*-?b*-c", "a-b-ab-c", True),
    ],
)
def test_only_star_and_question_mark_are_special(pattern, name, fit):
    assert bool(matcher(pattern).fullmatch(name)) is fit


@given(pattern=st.text("ab*?", max_size=12), name=st.text("ab\n", max_size=12))
def test_patterns_fit_as_in_a_shell_without_brackets(pattern, name):
    assert bool(matcher(pattern).fullmatch(name)) is fnmatchcase(name, pattern)


@pytest.mark.timeout(10)
def test_no_pattern_takes_long():
    assert not matcher("*a" * 100 + "b").fullmatch("a" * 255)


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("rpc-shop", True),
        ("rpc-shopping", False),
        ("evt-cart-paid--shop.on_paid", True),
        ("evt-cart-paid--shopping.on_paid", False),
        ("evt-cart-paid", False),
        ("rpc.reply-shop-1", False),
    ],
)
def test_the_queues_of_a_service_have_the_names_that_nameko_gives(name, mine):
    assert is_service_queue("shop", name) is mine


def test_a_queue_of_one_process_is_known_by_its_identifier():
    assert is_broadcast("evt-cart-paid--shop.on_paid-0f8fad5b-d9cb-469f-a165-70867728950e")
    assert is_broadcast("evt-cart-paid--shop.on_paid-0f8fad5bd9cb469fa16570867728950e")
    assert not is_broadcast("evt-cart-paid--shop.on_paid")


def test_a_queue_is_found_once_by_all_the_entries_that_it_fits():
    queues = [{"name": "jobs-a"}, {"pattern": "jobs-*"}, {"pattern": "*-a"}, {"name": "rpc-shop"}]
    spec = {"queues": queues, "nameko": {"service": "shop"}}
    names = ["jobs-a", "jobs-b", "evt-cart-paid--shop.on_paid", "evt-a", "other", "rpc-shop"]

    wanted = queries_of(read_autoscaler(body(**spec)), "/")

    assert queues_of(wanted["/"], names) == {
        "jobs-a": ("jobs-a", "jobs-*", "*-a"),
        "rpc-shop": ("rpc-shop",),
        "jobs-b": ("jobs-*",),
        "evt-cart-paid--shop.on_paid": (),
        "evt-a": ("*-a",),
    }


def test_entries_of_another_virtual_host_are_not_looked_for_in_this_one():
    queues = [{"name": "jobs-a", "vhost": "shop"}, {"name": "jobs-a"}, {"name": "b", "vhost": "x"}]
    autoscaler = read_autoscaler(body(queues=queues))

    assert queries_of(autoscaler, "shop") == {
        "shop": QueueQuery(names=("jobs-a",), patterns=(), service=None),
        "x": QueueQuery(names=("b",), patterns=(), service=None),
    }


def test_a_virtual_host_of_which_nothing_is_wanted_is_not_looked_into():
    autoscaler = read_autoscaler(body(queues=[{"name": "b", "vhost": "x"}]))

    assert list(queries_of(autoscaler, "shop")) == ["x"]


@pytest.mark.parametrize(
    ("names", "own"),
    [
        pytest.param([], {"rpc-shop"}, id="nothing is known"),
        pytest.param(["rpc-other", EVENT_OF_OTHER], {"rpc-shop"}, id="nothing is its own"),
        pytest.param([EVENT], {EVENT}, id="it only listens to events"),
        pytest.param([EVENT, "rpc-shop"], {EVENT, "rpc-shop"}, id="it has both"),
        pytest.param([BROADCAST], {BROADCAST, "rpc-shop"}, id="each process has its own"),
    ],
)
def test_the_rpc_queue_of_a_service_is_missed_only_if_nothing_else_of_it_is_there(names, own):
    assert set(queues_of(QueueQuery(names=(), patterns=(), service="shop"), names)) == own


def secret(**values: str) -> dict[str, str]:
    return {
        key.replace("_", "-"): base64.b64encode(value.encode()).decode()
        for key, value in values.items()
    }


def test_a_secret_leads_to_a_broker_and_its_virtual_host():
    access = parse_secret("broker", secret(amqp_uri="amqp://u:p@host/%2Fshop\n"))

    assert access.vhost == "/shop"
    assert access.at("other").amqp_uri_of_vhost() == "amqp://u:p@host/other"
    assert "p@host" not in repr(access)


def test_what_else_a_secret_holds_may_be_anything():
    keystore = base64.b64encode(b"\x30\x82\xff\xfe").decode()

    access = parse_secret("broker", {**secret(amqp_uri="amqp://host"), "keystore.p12": keystore})

    assert access.amqp_uri == "amqp://host"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "has none of"),
        ({"amqp-uri": "!"}, "is not text"),
        (secret(amqp_uri="http://host"), "has to begin with amqp"),
        (secret(management_uri="https://"), "name a host"),
        (secret(amqp_uri="amqp://host:port"), "name a host"),
        (
            {**secret(amqp_uri="amqps://u:hidden@host"), "ca.crt": secret(a="no")["a"]},
            "are not PEM",
        ),
    ],
)
def test_what_is_wrong_with_a_secret_is_told_without_what_is_in_it(values, told):
    with pytest.raises(AccessRefused, match=told) as refused:
        parse_secret("broker", values)
    assert "hidden" not in str(refused.value)


def test_detailed_metrics_are_added_up_for_each_queue():
    queues = _read(
        """\
# TYPE rabbitmq_detailed_queue_messages_ready gauge
rabbitmq_detailed_queue_messages_ready{vhost="/",queue="a \\"b\\""} 3
rabbitmq_detailed_queue_messages_unacked{vhost="/",queue="a \\"b\\""} 2
rabbitmq_detailed_queue_consumers{vhost="/",queue="a \\"b\\""} 1
rabbitmq_detailed_queue_exchange_messages_published_total{exchange="x",queue="a \\"b\\""} 4
rabbitmq_detailed_queue_exchange_messages_published_total{exchange="y",queue="a \\"b\\""} 5
rabbitmq_detailed_queue_messages_acked_total{vhost="/",queue="a \\"b\\""} 6
rabbitmq_detailed_queue_messages_delivered_total{vhost="/",queue="a \\"b\\""} 1
rabbitmq_detailed_queue_messages_acked_total{vhost="/",queue="gone"} 6
"""
    )

    (name, queue), *rest = queues.items()
    assert (name, rest) == ('a "b"', [])
    assert (queue.ready, queue.unacknowledged, queue.consumers) == (3, 2, 1)
    assert (queue.published, queue.acknowledged, queue.delivered) == (9, 7, 1)
