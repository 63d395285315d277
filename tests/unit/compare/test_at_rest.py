"""The figures at rest are kept, by number of objects and autoscaler."""

import json
from pathlib import Path

from tests.load.compare.at_rest import keep


def test_a_row_replaces_that_of_the_same_objects_and_autoscaler(tmp_path: Path):
    file = tmp_path / "compare/at-rest.json"
    for objects, name, mib in (
        (1, "Maré", 60),
        (100, "Maré", 65),
        (1, "KEDA", 50),
        (1, "Maré", 61),
    ):
        keep(file, {"objects": objects, "autoscaler": name, "mib": mib})

    rows = [tuple(each.values()) for each in json.loads(file.read_text())]
    assert rows == [(100, "Maré", 65), (1, "KEDA", 50), (1, "Maré", 61)]
