"""Dashboard and alerts of the chart use metrics that a real broker exports."""

from urllib.request import urlopen

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import Broker
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.rabbitmq.scrape import STORED, Series, shapes
from tests.charts.test_metrics import dashboards, rules, used_metrics
from tests.vhost import becomes, eventually

DETAILED = "detailed?family=queue_coarse_metrics&family=queue_consumer_count"
THREE = {"replicas": 3, "metrics": {"prometheusRule": {"enabled": True}}}
ABSENT_UNTIL_USED = {"rabbitmq_global_messages_dead_lettered_delivery_limit_total"}


def test_a_broker_exports_what_panels_and_alerts_use(helm: Helm, broker: Broker):
    alerts = {"prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}
    rendered = helm.template(CHART, {"metrics": alerts})
    used = used_metrics(dashboards(rendered), rules(rendered))

    def exported() -> set[str]:
        pages = [_page(broker.ports.metrics, path) for path in ("", f"/{DETAILED}")]
        lines = "".join(pages).splitlines()
        return {line.split("{")[0].split()[0] for line in lines if line[:1] not in ("#", "")}

    assert len(used) > 10
    eventually(lambda: used - exported() <= ABSENT_UNTIL_USED)


def test_the_stored_series_are_those_of_a_broker_with_their_labels(helm: Helm, broker: Broker):
    """The tests of alerts evaluate rules on them."""
    used = used_metrics((), rules(helm.template(CHART, THREE)))
    known = shapes(STORED)
    assert {name for name, _ in known} == used

    def exported() -> set[Series]:
        pages = [_page(broker.ports.metrics, path) for path in ("", f"/{DETAILED}")]
        return {each for page in pages for each in shapes(page) if each[0] in used}

    becomes(exported, known)


@pytest.mark.parametrize(("replicas", "is_expected"), [(0, False), (1, True)])
def test_no_node_is_missing_while_all_are_stopped(helm: Helm, replicas: int, *, is_expected: bool):
    values = THREE | {"replicas": replicas, "persistence": {"whenScaled": "Retain"}}
    alerts = {rule["alert"] for rule in rules(helm.template(CHART, values))}
    assert ("RabbitmqNodeMissing" in alerts) is is_expected
    assert "RabbitmqNoNodeAnswers" not in alerts


def _page(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics{path}", timeout=60) as answer:
        return answer.read().decode()
