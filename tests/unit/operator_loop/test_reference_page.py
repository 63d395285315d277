"""docs/queueautoscaler.md and the other pages say what is so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mare import tenant_scheduler as scheduler
from mare.custom_resource.checking import check

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]
SECURITY = (ROOT / "docs/security.md").read_text()
_WORDS = r"(?: `(\w+(?: or \w+)*)`)?"
HELD_BY = re.findall(r"\]\(\.\./(tests/[\w/]+\.py)\)" + _WORDS, SECURITY)
"""Each file of tests in docs/security.md, with the words that select some of its tests."""
FILES = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}
BOUNDED_BY = re.findall(r"`(test_\w+\.py)`" + _WORDS, SECURITY)
"""The same for the bounds of a namespace, without folders."""
SHOWN_BY = re.findall(
    r"`((?:\w+/)?test_\w+\.py)::(\w+(?: or \w+)*)`",
    (ROOT / "docs/measurements/attackers.md").read_text(),
)
"""The same for what attackers found."""
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


def missing(file: Path, words: str) -> list[str]:
    """Return the words that select no test of a file, by its name or the id of a parameter."""
    tests = re.findall(r"^(?:async )?def (test_\w+)|\bid=\"(\w+)\"", file.read_text(), re.MULTILINE)
    names = [name for found in tests for name in found if name]
    return [word for word in words.split(" or ") if not any(word in name for name in names)]


@pytest.mark.parametrize(("file", "words"), HELD_BY)
def test_each_test_that_holds_a_promise_of_security_exists(file, words):
    assert missing(ROOT / file, words) == []


@pytest.mark.parametrize(("file", "words"), BOUNDED_BY)
def test_each_test_that_bounds_a_namespace_exists(file, words):
    assert missing(FILES[file], words) == []


@pytest.mark.parametrize(("file", "words"), SHOWN_BY)
def test_each_test_of_what_attackers_found_exists(file, words):
    files = [path for path in (ROOT / "tests").rglob(Path(file).name) if path.match(file)]
    assert [] in [missing(path, words) for path in files]


@pytest.mark.parametrize(
    ("work", "what"),
    [
        (scheduler.BROKER_READS, "reads at a time"),
        (scheduler.QUIET_CHECKS, "at a time, 3 s each"),
        (scheduler.SCALE_WRITES, "changes of replicas"),
        (scheduler.STATUS_WRITES, "status writes"),
        (scheduler.JOB_WRITES, "changes of Jobs at a time"),
        (scheduler.POD_WRITES, "changes of Pods"),
        (scheduler.POD_READS, "reads of at most 20 Pods"),
        (scheduler.RESTORES, "restores"),
        (scheduler.KILL_CHECKS, "checks at a time"),
        (scheduler.KILL_LISTS, "lists at a time, 60"),
        (scheduler.KILL_WATCHES, "watches at a time"),
        (scheduler.POD_LISTS, "lists at a time; of a Pod"),
        (scheduler.LOOKUPS, "threads"),
        (scheduler.BODIES, "of more than 32 KiB"),
        (scheduler.LARGE_BODIES, "of more than 256 KiB"),
        (scheduler.HUGE_BODIES, "of more than 4 MiB for a second"),
        (scheduler.DECODING, "decodings in threads"),
    ],
)
def test_security_has_the_places_of_a_namespace(work, what):
    assert f" {work.of_namespace} of {work.places:,} {what}" in SECURITY
