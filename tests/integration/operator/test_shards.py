"""Three operators share 300 objects, and each of them is killed in turn."""

from pathlib import Path

import pytest

from tests.control_plane import ControlPlane
from tests.integration.operator.sharded import (
    NAMES,
    ShardedStage,
    by_others,
    delays,
    repeated,
)
from tests.integration.operator.stage import Broker
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(1800)]
_NAMESPACES = [f"sharded-{number}" for number in range(12)]
_OBJECTS = 300
_LEASE = {"MARE_LEASE_SECONDS": "8"}
"""More than the default of 3.5 s: on two busy cores, requests of four servers take up to 4 s."""


def test_each_shard_has_one_leader_while_operators_are_killed_and_come_back(
    api_server: ControlPlane, crd: Path, vhost: Vhost, tmp_path: Path
):
    broker = Broker(vhost.amqp_uri, vhost.node.management_uri)
    home = "sharded-home"
    stage = ShardedStage(
        api_server, vhost, broker, tmp_path, home, _NAMESPACES, _OBJECTS, settings=_LEASE
    )
    stage.prepare()
    try:
        for name in NAMES:
            stage.start(name)
        eventually(stage.is_balanced, 120)
        with stage.probed() as probes:
            for name in NAMES:
                assert stage.kill(name) <= 15
                stage.start(name)
                eventually(stage.is_balanced, 120)
        eventually(lambda: None not in delays(stage, probes).values(), 60)
    finally:
        stage.end()

    assert len(probes) > 20
    assert [wait for wait in delays(stage, probes).values() if wait is None or wait > 15] == []
    assert repeated(stage) == []
    assert by_others(stage) == []
