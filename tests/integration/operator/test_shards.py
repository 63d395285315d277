"""Three operators share 90 objects, and each of them is killed or stopped."""

from pathlib import Path

import pytest

from tests.control_plane import ControlPlane
from tests.integration.operator.shard_audit import PAUSE_SECONDS, surplus, too_late
from tests.integration.operator.sharded import NAMES, ShardedStage
from tests.integration.operator.stage import Broker
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(1800)]
_NAMESPACES = [f"sharded-{number}" for number in range(12)]
_OBJECTS = 90
"""With 300, three operators on two cores that others use as well wait for each other for 20 s."""
_LEASE = {"MARE_LEASE_SECONDS": "8"}
"""More than the default of 3.5 s: on two busy cores, requests of four servers take up to 4 s."""


def test_each_shard_has_one_leader_while_operators_die_stop_and_come_back(
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
        faults = []
        with stage.probed() as probes:
            for name, end in zip(NAMES, (stage.kill, stage.stop, stage.kill), strict=True):
                faults.append(end(name))
                eventually(stage.is_balanced, 120)
        unlogged = stage.unlogged(probes)
        last, of_last = stage.last_round(probes)
        by_others = stage.by_others()
    finally:
        stage.end()

    assert len(probes) > 20
    assert [each for each in faults if each.takeover_seconds > PAUSE_SECONDS] == []
    assert [each for each, n in (unlogged | of_last).items() if n != each.replicas] == []
    waits = stage.delays([*probes, *(each for each in last if each.replicas)])
    assert too_late(waits, faults, stage.shards) == []
    assert surplus(stage.patches(), [*probes, *last]) == []
    assert by_others == []
