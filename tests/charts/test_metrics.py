"""Dashboards and alerts use metrics that the programs export."""

import json
import re

import pytest
from prometheus_client import REGISTRY, CollectorRegistry

from mare.loop.metrics import Metrics as OperatorMetrics
from mare.loop.record import Record
from mare_gateway.events.streams import Metrics as EventsMetrics
from mare_gateway.metrics import Metrics as GatewayMetrics
from mare_nameko.service.metrics import Metrics as ServiceMetrics
from mare_services.upstream import metrics as upstream
from tests.charts.full_values import FULL
from tests.charts.helm import CHARTS, Refused
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture

NAME = re.compile(r"\b(?:mare|runtime|gateway|upstream|rabbitmq)_[a-z0-9_]+\b(?!\s*=)")
LABELS = re.compile(r"\bby \([^)]*\)")
PARTS = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@pytest.fixture(scope="module")
def rendered(helm, chart):  # noqa: F811
    return helm.template(chart, FULL)


@pytest.fixture(scope="module")
def exported():
    """Names of the series that operator, gateway, events process and services export."""
    assert upstream.CALLS
    services = CollectorRegistry()
    ServiceMetrics("weather", services)
    registries = [services, REGISTRY, OperatorMetrics(Record()).registry]
    registries += [GatewayMetrics().registry, EventsMetrics().registry]
    return {
        f"{family.name}{part}"
        for registry in registries
        for family in registry.collect()
        for part in PARTS.get(family.type, ("",))
    }


def dashboards(rendered):
    for each in rendered.all("ConfigMap"):
        if each["metadata"]["labels"].get("grafana_dashboard"):
            yield from (json.loads(text) for text in each["data"].values())


def rules(rendered):
    for each in rendered.all("PrometheusRule"):
        for group in each["spec"]["groups"]:
            yield from group["rules"]


def used_metrics(dashboards, rules):
    """Return the names of the metrics in panels and alerts."""
    panels = [panel for dashboard in dashboards for panel in dashboard["panels"]]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    texts += [str(rule["expr"]) for rule in rules]
    return {name for text in texts for name in NAME.findall(LABELS.sub("", text))}


def test_all_three_charts_have_a_dashboard_and_alerts(rendered):
    assert {each["title"] for each in dashboards(rendered)} == {
        "Maré operator",
        "Playlists",
        "RabbitMQ",
    }
    assert len(rendered.all("PrometheusRule")) == 3


def test_alerts_of_the_operator_are_about_its_own_release(rendered):
    (monitor,) = (
        each for each in rendered.all("ServiceMonitor") if "operator" in each["metadata"]["name"]
    )
    (endpoint,) = monitor["spec"]["endpoints"]
    (relabeling,) = endpoint["relabelings"]
    job = relabeling["replacement"]
    assert job.startswith(f"{monitor['metadata']['namespace']}/")
    own = [rule for rule in rules(rendered) if rule["alert"].startswith("Mare")]
    assert all(f'job="{job}"' in rule["expr"] for rule in own)


def test_alerts_of_the_playlists_select_the_job_that_the_monitor_sets(rendered):
    (monitor,) = (
        each for each in rendered.all("PodMonitor") if "playlists" in each["metadata"]["name"]
    )
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    (relabeling,) = endpoint["relabelings"]
    assert relabeling == {"targetLabel": "job", "replacement": "market/shop-playlists"}


@pytest.mark.parametrize(
    ("name", "monitor"), [("operator", "serviceMonitor"), ("playlists", "podMonitor")]
)
def test_alerts_need_the_monitor_of_the_chart_or_the_job_of_another(helm, chart, name, monitor):  # noqa: F811
    path = chart if name == "playlists" else CHARTS / name
    alone = {"prometheusRule": {"enabled": True}}
    with pytest.raises(Refused, match=rf"metrics\.{monitor}\.enabled.+prometheusRule\.job"):
        helm.template(path, {"metrics": alone})

    own = {"prometheusRule": {"enabled": True, "job": "pods/mare"}}
    selected = list(rules(helm.template(path, {"metrics": own})))

    assert selected
    assert all('job="pods/mare"' in rule["expr"] for rule in selected)


def test_panels_stand_side_by_side_and_have_names(rendered):
    for dashboard in dashboards(rendered):
        panels = dashboard["panels"]
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
        assert len(places) == len({panel["id"] for panel in panels}) == len(panels)
        for panel in panels:
            references = [target["refId"] for target in panel["targets"]]
            assert references == sorted(set(references))


def test_panels_and_alerts_use_metrics_that_are_exported(rendered, exported):
    used = used_metrics(dashboards(rendered), rules(rendered))
    ours = {name for name in used if not name.startswith("rabbitmq_")}

    assert len(ours) > 20
    assert ours - exported == set()
