"""The figures of controllers: each row has new controllers, and a place in the file."""

import json
from pathlib import Path
from typing import cast

from devcluster.cluster import Cluster
from tests.e2e.application import Application
from tests.load.compare.controllers import in_random_order, keep, restart_controllers


def test_a_row_replaces_that_of_the_same_objects_autoscaler_and_bursts(tmp_path: Path):
    file = tmp_path / "compare/controllers.json"
    for objects, name, bursts, mib in (
        (1, "Maré", 0.0, 60),
        (1, "Maré", 1.0, 65),
        (1, "KEDA", 0.0, 50),
        (1, "Maré", 0.0, 61),
    ):
        keep(file, {"objects": objects, "autoscaler": name, "bursts": bursts, "mib": mib})

    rows = [tuple(each.values()) for each in json.loads(file.read_text())]
    assert rows == [(1, "Maré", 1.0, 65), (1, "KEDA", 0.0, 50), (1, "Maré", 0.0, 61)]


def test_the_order_is_that_of_the_seed():
    names = ["Maré", "KEDA default", "KEDA tuned", "KEDA expert"]
    orders = [in_random_order(names, f"{seed} 100") for seed in range(20)]

    assert in_random_order(names, "0 100") == orders[0]
    assert all(sorted(each) == sorted(names) for each in orders)
    assert {each[0] for each in orders} == set(names)


class Commands:
    def __init__(self) -> None:
        self.given: list[tuple[str, ...]] = []

    def kubectl(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        self.given.append(arguments)
        return ""


def test_all_controllers_are_restarted_and_awaited():
    cluster = Commands()

    restart_controllers(Application(cast("Cluster", cluster), "shop"))

    rollouts = [each[1:5:2] + each[4:5] for each in cluster.given if "rollout" in each]
    assert sorted(rollouts) == [
        ("keda", "restart", "deployment/keda-metrics-apiserver"),
        ("keda", "restart", "deployment/keda-operator"),
        ("keda", "status", "deployment/keda-metrics-apiserver"),
        ("keda", "status", "deployment/keda-operator"),
        ("shop", "restart", "deployment/operator"),
        ("shop", "status", "deployment/operator"),
    ]
    steps = [step for of, step, _ in rollouts if of == "keda"]
    assert steps == ["restart", "restart", "status", "status"]
