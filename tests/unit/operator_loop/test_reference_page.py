"""docs/queueautoscaler.md and the other pages say what is so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mare.custom_resource.checking import check
from mare.loop.metrics import Metrics
from mare.loop.record import Record

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]
_BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def examples() -> Iterator[object]:
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text()):
            for document in yaml.safe_load_all(block):
                if isinstance(document, dict) and document.get("kind") == "QueueAutoscaler":
                    name = f"{page.relative_to(ROOT)}: {document['metadata']['name']}"
                    yield pytest.param(document["spec"], id=name)


@pytest.mark.parametrize("spec", list(examples()))
def test_each_example_is_accepted(spec):
    assert check(spec).mistakes == ()


def test_each_metric_is_documented():
    page = (ROOT / "docs/queueautoscaler.md").read_text()
    registry = Metrics(Record()).registry
    names = {metric.name for metric in registry.collect()}

    assert {name for name in names if name not in page} == set()
