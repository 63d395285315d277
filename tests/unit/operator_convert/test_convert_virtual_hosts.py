"""Where the virtual host of a converted object stands."""

from tests.unit.operator_convert.inputs import (
    AMQP,
    converted,
    rabbitmq,
    refusals,
    scaledobject,
    spec_of,
)


def test_a_virtual_host_common_to_all_triggers_is_that_of_the_broker():
    spec = spec_of(scaledobject(rabbitmq(AMQP, vhostName="/eu")))
    assert spec["brokerRef"]["vhost"] == "/eu"
    assert spec["queues"] == [{"name": "orders"}]


def test_different_virtual_hosts_stand_with_their_queues():
    first = rabbitmq(AMQP, queueName="a", vhostName="eu")
    second = rabbitmq(AMQP, queueName="b")
    spec = spec_of(scaledobject(first, second))
    assert "vhost" not in spec["brokerRef"]
    assert spec["queues"] == [{"name": "a", "vhost": "eu"}, {"name": "b", "vhost": "shop"}]


def test_one_name_in_two_virtual_hosts_is_refused_because_targets_go_by_name():
    given = scaledobject(rabbitmq(AMQP, vhostName="eu"), rabbitmq(AMQP, vhostName="us"))
    assert any("two virtual hosts" in refusal for refusal in refusals(converted(given).results[0]))
