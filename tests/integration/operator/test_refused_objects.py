"""An object beyond the bound of its namespace says so, with the rights that the chart gives."""

import pytest

from mare.tenant_scheduler import OBJECTS
from tests.integration.operator.manifests import autoscaler_of
from tests.integration.operator.stage import Stage
from tests.vhost import eventually

pytestmark = pytest.mark.broker


def test_an_object_beyond_the_bound_is_reported(own_stage: Stage):
    names = [f"worker-{number}" for number in range(OBJECTS.reserved + 1)]
    own_stage.apply(*(autoscaler_of(name, {}) for name in names))
    operator = own_stage.operator(MARE_NAMESPACE_QUEUES="1")

    def refused() -> list[str]:
        return [
            name
            for name in names
            for each in own_stage.status(name).get("conditions", ())
            if (each["type"], each["reason"]) == ("AbleToScale", "NamespaceBudgetExceeded")
        ]

    eventually(lambda: len(refused()) == 1)
    (name,) = refused()
    eventually(lambda: ("Warning", "NamespaceBudgetExceeded") in own_stage.events(name))
    eventually(lambda: operator.metric("mare_refused_objects") == 1)  # set by each tick
