"""Service times of two kinds in a simulated load."""

import pytest

from mare.simulation.reading import read_scenario
from mare.simulation.simulation import generate_messages
from tests.unit.operator.test_simulate_command import called


def test_slow_messages_of_a_bimodal_worker_keep_the_mean(tmp_path):
    path = tmp_path / "bimodal.yaml"
    worker = "serviceSeconds: 0.5475, distribution: bimodal, slowSeconds: 10, slowShare: 0.05"
    path.write_text(f"seconds: 1000\nload: [{{kind: constant, rate: 20}}]\nworker: {{{worker}}}\n")
    _, services = generate_messages(read_scenario(path))
    assert sorted({round(each, 9) for each in services}) == [0.05, 10]
    assert services.count(10) / len(services) == pytest.approx(0.05, abs=0.01)
    path.write_text(path.read_text().replace("slowShare: 0.05", "slowShare: 0.06"))
    assert "slowSeconds times slowShare has to be below serviceSeconds" in called(path).output
