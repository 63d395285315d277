"""Dashboard and alerts of the chart use metrics that a real broker exports."""

from urllib.request import urlopen

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import Broker
from tests.charts.rabbitmq.matrix import CHART
from tests.charts.test_metrics import dashboards, rules, used_metrics
from tests.vhost import eventually

DETAILED = "detailed?family=queue_coarse_metrics&family=queue_consumer_count"
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


def _page(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics{path}", timeout=60) as answer:
        return answer.read().decode()
