"""Alarms of the broker are read from the management API."""

import json

import pytest

from mare.broker.http_client import ResponseTooLarge
from mare.broker.management import ManagementStatistics
from mare.broker.prometheus import PrometheusStatistics
from mare.domain.alarms import ALARM_NOT_REPORTED
from mare.domain.unknown import Unknown
from tests.unit.operator_broker.statistics_server import FakeServer, management_of, sample

PATH = "/api/health/checks/alarms"


def alarm_in(status: int, body: bytes) -> Unknown | None:
    server = FakeServer(bodies={PATH: body}, statuses={PATH: status})
    return sample(ManagementStatistics, server).alarm


def failed(*resources: str) -> bytes:
    alarms = [{"node": "rabbit@one", "resource": each} for each in resources]
    return json.dumps({"status": "failed", "reason": "There are", "alarms": alarms}).encode()


def test_without_an_alarm_there_is_none():
    assert alarm_in(200, b'{"status":"ok"}') is None


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        (["memory"], "MemoryAlarm"),
        (["disk"], "DiskAlarm"),
        (["disk", "memory", "disk"], "MemoryAlarm"),
    ],
)
def test_an_alarm_of_any_node_is_reported(resources: list[str], reason: str):
    alarm = alarm_in(503, failed(*resources))
    assert alarm is not None
    assert alarm.reason == reason


def test_an_alarm_that_blocks_no_publisher_is_none():
    assert alarm_in(503, failed("file_descriptor_limit")) is None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_broker_without_the_check_does_not_report_alarms(status: int):
    server = management_of([])
    server.statuses = {PATH: status}
    assert sample(ManagementStatistics, server).alarm == ALARM_NOT_REPORTED


def test_a_proxy_that_answers_for_the_broker_is_no_alarm():
    with pytest.raises(OSError, match="unexpected response"):
        alarm_in(503, b"<html>no healthy upstream</html>")


def test_prometheus_does_not_report_alarms():
    assert sample(PrometheusStatistics, FakeServer()).alarm == ALARM_NOT_REPORTED


@pytest.mark.parametrize(
    ("path", "body"), [(PATH, b'{"status":"ok"}'), ("/api/cluster-name", b'{"name":"rabbit"}')]
)
def test_a_response_about_the_cluster_has_64_kib_at_most(path: str, body: bytes):
    """11 MiB of empty alarms took 207 MB."""
    sample(ManagementStatistics, FakeServer(bodies={path: body.ljust(2**16)}))
    with pytest.raises(ResponseTooLarge, match="65,536 bytes"):
        sample(ManagementStatistics, FakeServer(bodies={path: body.ljust(2**16 + 1)}))
