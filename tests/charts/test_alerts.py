"""Each alert fires for what it is about, and not for what looks like it, as promtool evaluates."""

import json

import pytest

from tests.charts.alert_series import (
    ELSEWHERE,
    FOREIGN,
    JOB,
    KILLED,
    ON_4_0,
    ON_4_3,
    OTHER,
    answers,
    at_maximum,
    breakers,
    certificate,
    descriptors,
    dry_run,
    letters,
    of_node,
    of_nodes,
    queue,
    ready,
    replicas,
    unreachable,
    unroutable,
    waiting,
)
from tests.charts.full_values import FULL
from tests.charts.helm import CHARTS
from tests.charts.playlists.conftest import chart  # noqa: F401 - a fixture
from tests.charts.promtool import evaluate

FIRING = [
    ("RabbitmqNodeMissing", of_nodes(ON_4_0[:2], "1x40")),
    ("RabbitmqNodeMissing", of_nodes(ON_4_3[:4], "1x40")),
    ("RabbitmqNodeMissing", {}),
    ("RabbitmqMajorityLost", unreachable(2)),
    ("RabbitmqMajorityLost", unreachable(2, 2)),
    ("RabbitmqNoNodeAnswers", {}),
    ("RabbitmqPeerUnreachable", of_node("rabbitmq_unreachable_cluster_peers_count", "1x40")),
    ("RabbitmqMemoryAlarm", of_node("rabbitmq_alarms_memory_used_watermark", "1x40")),
    ("RabbitmqDiskAlarm", of_node("rabbitmq_alarms_free_disk_space_watermark", "1x40")),
    ("RabbitmqFileDescriptors", descriptors(opened=801, most=1000)),
    ("RabbitmqUnroutable", unroutable("0+1x40")),
    ("RabbitmqCertificateExpires", certificate("500000x90")),
    ("RabbitmqCertificateExpires", certificate("500000x90", of=FOREIGN)),
    ("RabbitmqCertificateExpires", certificate("500000x90", "shop-rabbitmq-services")),
    ("RabbitmqCertificateExpires", certificate("0x90", "shop-rabbitmq-services", FOREIGN)),
    ("RabbitmqQueueWithoutConsumers", queue("work", 3, 0)),
    ("RabbitmqDeadLetters", queue("dead-letters", 1, 0)),
    ("RabbitmqDeadLettersFull", queue("dead-letters", 80_001, 0)),
    ("PlaylistsEventsDeadLettered", {letters(): "_x35 1x10"}),
    ("PlaylistsEventsDeadLettered", {letters(): "5x35 6x10"}),
    ("PlaylistsEventsDeadLettered", {letters(): "5x45", letters(pod="b"): "_x35 1x10"}),
    ("PlaylistsEventsDeadLettered", {letters(): "5x45", letters(entrypoint="new"): "_x35 1x10"}),
    ("PlaylistsEventsDeadLettered", {letters(): "5x30 stale", letters(pod="b"): "_x35 1x10"}),
    ("PlaylistsGatewayFails", answers(ok="0+10x40", failed="0+1x40")),
    ("PlaylistsGatewayNotReady", ready("0x40")),
    ("PlaylistsGatewayNotReady", {}),
    ("PlaylistsSourceUnavailable", breakers(open_="1x40", other="1x40")),
    # Another release in the namespace is healthy.
    ("PlaylistsGatewayFails", answers("0+10x40", "0+1x40") | answers("0+100x40", "0x40", OTHER)),
    ("PlaylistsGatewayNotReady", ready("0x40") | ready("1x40", OTHER)),
    ("PlaylistsGatewayNotReady", ready("1x40", OTHER)),
    ("PlaylistsSourceUnavailable", breakers("1x40", "1x40") | breakers("0x40", "0x40", OTHER)),
    ("MareNoLeader", {'mare_leader{job="market/shop-operator", pod="a"}': "0x40"}),
    ("MareNoLeader", {'mare_leader{job="other/shop-operator", pod="a"}': "1x40"}),
    ("MareQueuesUnknown", {f"mare_queues_unknown{{{JOB}}}": "1x40"}),
    ("MareStatisticsStale", {f"mare_statistics_age_seconds{{{JOB}}}": "130x40"}),
    ("MareMessagesWait", waiting(20, target=2)),
    ("MareMessagesWait", waiting(90)),
    ("MareNotScaled", replicas(5, 3)),
    ("MareAtMaximum", at_maximum(missing=1)),
    ("MareReplicasNotReady", {f"mare_unready_replicas{{{JOB}}}": "12x40"}),
    ("MareReplicasKilled", {KILLED: "0x35 2x10"}),
]
SILENT = [
    ("RabbitmqNodeMissing", of_nodes(ON_4_0, "1x40")),
    ("RabbitmqNodeMissing", of_nodes(ON_4_3, "1x40")),
    ("RabbitmqMajorityLost", unreachable(1, 1)),
    ("RabbitmqMajorityLost", unreachable(1, 1, 2)),  # the third one is alone
    ("RabbitmqMajorityLost", of_nodes(ON_4_3[:2], "1x40") | unreachable(0)),  # two not scraped
    ("RabbitmqMajorityLost", {}),
    ("RabbitmqNoNodeAnswers", of_nodes(ON_4_3[:2], "1x40")),
    ("RabbitmqPeerUnreachable", of_node("rabbitmq_unreachable_cluster_peers_count", "0x40")),
    ("RabbitmqMemoryAlarm", of_node("rabbitmq_alarms_memory_used_watermark", "0x40")),
    ("RabbitmqDiskAlarm", of_node("rabbitmq_alarms_free_disk_space_watermark", "0x40")),
    ("RabbitmqFileDescriptors", descriptors(opened=800, most=1000)),
    ("RabbitmqUnroutable", unroutable("5x40")),
    ("RabbitmqUnroutable", unroutable("5x10 6x30")),
    ("RabbitmqCertificateExpires", certificate("700000x90")),
    ("RabbitmqCertificateExpires", certificate("700000x90", of=FOREIGN)),
    ("RabbitmqCertificateExpires", certificate("500000x90", "another")),
    ("RabbitmqCertificateExpires", certificate("500000x90", of=ELSEWHERE)),
    ("RabbitmqDeadLettersFull", queue("dead-letters", 80_000, 0)),
    ("RabbitmqDeadLettersFull", queue("work", 80_001, 1)),
    ("RabbitmqQueueWithoutConsumers", queue("retry-30s", 3, 0)),
    ("RabbitmqQueueWithoutConsumers", queue("celery_delayed_27", 3, 0)),
    ("RabbitmqQueueWithoutConsumers", queue("work", 3, 1)),
    ("RabbitmqDeadLetters", queue("dead-letters", 0, 0)),
    ("PlaylistsEventsDeadLettered", {letters(): "5x40", letters(pod="b"): "_x10 5x30"}),
    ("PlaylistsEventsDeadLettered", {letters(): "5x40", letters(pod="b"): "5x24 stale 5x20"}),
    ("PlaylistsGatewayFails", answers(ok="0+100x40", failed="0+1x40")),
    ("PlaylistsGatewayNotReady", ready("1x40")),
    ("PlaylistsSourceUnavailable", breakers(open_="1x40", other="0x40")),
    # Another release in the namespace is not.
    ("PlaylistsEventsDeadLettered", {letters(of=OTHER): "5x35 6x10"}),
    ("PlaylistsGatewayFails", answers("0+100x40", "0x40") | answers("0x40", "0+1x40", OTHER)),
    ("PlaylistsGatewayNotReady", ready("1x40") | ready("0x40", OTHER)),
    ("PlaylistsSourceUnavailable", breakers("0x40", "0x40") | breakers("1x40", "1x40", OTHER)),
    ("MareQueuesUnknown", {f"mare_queues_unknown{{{JOB}}}": "0x40"}),
    ("MareStatisticsStale", {f"mare_statistics_age_seconds{{{JOB}}}": "5x40"}),
    ("MareNoLeader", {'mare_leader{job="market/shop-operator", pod="a"}': "1x40"}),
    ("MareMessagesWait", waiting(90, target=60)),
    ("MareMessagesWait", waiting(60)),
    ("MareMessagesWait", dry_run(waiting(20, target=2))),
    ("MareMessagesWait", dry_run(waiting(90))),
    ("MareAtMaximum", at_maximum(missing=0)),
    ("MareAtMaximum", dry_run(at_maximum(missing=1))),
    ("MareReplicasKilled", {KILLED: "2x40"}),
    ("MareReplicasNotReady", {f"mare_unready_replicas{{{JOB}}}": "0x40"}),
    ("MareNotScaled", replicas(5, 5)),
    ("MareNotScaled", replicas(5, 3, dry_run=1)),
]
LAPSE = {"2m30s": False, "2m45s": True}
"""Whether the alert fires, by the time: the last sample of a leader is that of 2 m."""
_MINUTES = 40
_LONG = 85
"""Later than any `for`: the longest is an hour."""


@pytest.fixture(scope="module")
def rules(helm, chart, tmp_path_factory):  # noqa: F811
    """All alerts of a release with everything switched on, and the names of the alerts."""
    file = write_rules(helm.template(chart, FULL), tmp_path_factory.mktemp("alerts"))
    groups = json.loads(file.read_text())["groups"]
    return file, {rule["alert"] for group in groups for rule in group["rules"]}


def write_rules(rendered, folder):
    groups = [group for each in rendered.all("PrometheusRule") for group in each["spec"]["groups"]]
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": groups}))
    return file


def firing(alert, is_firing, at=None):
    minutes = _LONG if alert == "RabbitmqCertificateExpires" else _MINUTES
    # Alertmanager routes by the namespace.
    routed = ', namespace!=""' if is_firing else ""
    alerts = f'ALERTS{{alertname="{alert}", alertstate="firing"{routed}}}'
    expression = f"(count({alerts}) or vector(0)) > bool 0"
    sample = {"labels": "{}", "value": int(is_firing)}
    return {"expr": expression, "eval_time": at or f"{minutes}m", "exp_samples": [sample]}


def test_all_alerts_fire_for_what_they_are_about_and_for_nothing_else(promtool, rules, tmp_path):
    file, _ = rules
    cases = [(case, True) for case in FIRING] + [(case, False) for case in SILENT]
    tests = [
        {
            "name": f"{alert} {'fires' if expected else 'is silent'}: {json.dumps(series)}",
            "interval": "1m",
            "input_series": [{"series": s, "values": v} for s, v in series.items()],
            "promql_expr_test": [firing(alert, expected)],
        }
        for (alert, series), expected in cases
    ]
    evaluate(promtool, tmp_path, {"rule_files": [str(file)], "tests": tests})


def test_streams_that_a_value_names_need_no_consumer(promtool, helm, tmp_path):
    """A stream keeps what was read; RabbitMQ's metrics do not name the type of a queue."""
    own = {"enabled": True, "queuesWithoutConsumers": "clicks|log[.].*"}
    file = write_rules(
        helm.template(CHARTS / "rabbitmq", {"metrics": {"prometheusRule": own}}), tmp_path
    )
    names = {"clicks": False, "log.a": False, "log-a": True, "old-clicks": True}
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": s, "values": v} for s, v in queue(name, 3, 0).items()],
            "promql_expr_test": [firing("RabbitmqQueueWithoutConsumers", expected)],
        }
        for name, expected in names.items()
    ]
    evaluate(promtool, tmp_path, {"rule_files": [str(file)], "tests": tests})


def test_a_missing_leader_is_reported_after_30_seconds(promtool, rules, tmp_path):
    file, _ = rules
    leader = {"series": 'mare_leader{job="market/shop-operator"}', "values": "1x8 0x8"}
    expected = [firing("MareNoLeader", is_firing, at) for at, is_firing in LAPSE.items()]
    test = {"interval": "15s", "input_series": [leader], "promql_expr_test": expected}

    tests = {"rule_files": [str(file)], "evaluation_interval": "15s", "tests": [test]}
    evaluate(promtool, tmp_path, tests)


def test_a_shard_without_a_leader_is_reported_after_30_seconds(
    promtool,
    helm,
    chart,  # noqa: F811
    tmp_path,
):
    """Two replicas lead two shards and one; then the second one leads none."""
    sharded = {**FULL, "operator": {**FULL["operator"], "shards": 3, "replicas": 3}}
    file = write_rules(helm.template(chart, sharded), tmp_path)
    of = 'mare_leader{{job="market/shop-operator", pod="{}"}}'
    series = [
        {"series": of.format("a"), "values": "2x40"},
        {"series": of.format("b"), "values": "1x8 0x8"},
    ]
    expected = [firing("MareNoLeader", is_firing, at) for at, is_firing in LAPSE.items()]
    test = {"interval": "15s", "input_series": series, "promql_expr_test": expected}

    tests = {"rule_files": [str(file)], "evaluation_interval": "15s", "tests": [test]}
    evaluate(promtool, tmp_path, tests)


def test_each_alert_of_the_charts_is_seen_firing_and_silent(rules):
    _, alerts = rules
    assert alerts == {alert for alert, _ in FIRING} == {alert for alert, _ in SILENT}


def test_the_summary_of_a_queue_names_its_virtual_host(rules):
    """Each command of the runbook about a queue needs both."""
    file, _ = rules
    (group,) = [
        it for it in json.loads(file.read_text())["groups"] if it["name"] == "shop-rabbitmq"
    ]
    rule = next(it for it in group["rules"] if it["alert"] == "RabbitmqQueueWithoutConsumers")

    for label in ("queue", "vhost"):
        assert f"$labels.{label} }}}}" in rule["annotations"]["summary"]
