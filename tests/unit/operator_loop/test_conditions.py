"""Conditions of an object, by what was seen."""

import pytest

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.conditions import conditions_of
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Scale
from tests.unit.operator_loop.worlds import body

UNTOLD = Unknown("NotReported", "only the management API tells")


@pytest.mark.parametrize(
    ("transient", "least", "told"),
    [
        pytest.param((), 0, ("True", "Safe"), id="none vanishes"),
        pytest.param(("events",), 0, ("False", "QueuesVanish"), id="one vanishes"),
        pytest.param(("events",), 1, ("True", "Safe"), id="it never rests at zero"),
        pytest.param(UNTOLD, 0, ("Unknown", "NotReported"), id="it is not told"),
        pytest.param(UNTOLD, 1, ("True", "Safe"), id="it does not matter"),
    ],
)
def test_events_are_safe_if_it_is_known_that_no_queue_vanishes(transient, least, told):
    conditions = conditions_of(
        autoscaler=read_autoscaler(body(minReplicas=least)),
        scale=Scale(replicas=1, version="1", ready=1, selector=""),
        problem=None,
        unchosen=None,
        reading=BrokerReading(queues=(), busy={}, transient=transient),
        decision=None,
        history=None,
        now=0,
    )

    assert [(c.status, c.reason) for c in conditions if c.type == "EventsSafe"] == [told]
