"""What the conditions of an object say whose broker has no statistics."""

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.conditions import conditions_of
from mare.domain.unknown import Unknown
from mare.ports import WITHOUT_STATISTICS, BrokerReading, Scale
from tests.unit.operator_loop.worlds import body


def test_amqp_alone_shows_no_victims_and_removes_no_queue():
    """No workload becomes idle then, so that none needs a replica for its queues."""
    unread, unreported = Unknown("NotReported", "not read"), Unknown("NotReported", "no type")
    conditions = conditions_of(
        autoscaler=read_autoscaler(body(minReplicas=0)),
        scale=Scale(replicas=1, version="1", ready=1, selector=""),
        problem=None,
        unchosen=None,
        reading=BrokerReading(
            queues=(), busy=unread, lost=(WITHOUT_STATISTICS,), transient=unreported
        ),
        decision=None,
        history=None,
        silent_since=None,
        now=0,
    )
    found = {each.type: (each.status, each.message) for each in conditions}
    assert found["VictimsChosen"] == ("Unknown", "not read")
    assert found["EventsSafe"] == ("Unknown", "no type")
