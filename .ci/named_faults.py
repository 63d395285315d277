"""``make mutants PART=named``: put the faults of ``named_faults.toml`` in, one at a time.

Each runs the unit tests of its part, those that name its module first, with a copy of the operator
before it on PYTHONPATH, until a test fails. The exit status is 1 if less than ``--least`` percent
are noticed.
"""

import os
import random
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

SOURCE = Path("operator/src/mare")
WORK = Path(".cache/mutants/named")
FAULTS = Path(__file__).with_suffix(".toml")
_SECONDS = 3_600
_PLUGIN = """
from hypothesis import settings

def pytest_collection_modifyitems(config, items):
    settings.register_profile("few", settings(max_examples=25))
    settings.load_profile("few")
"""
Tests = Mapping[str, tuple[str, ...]]
"""Folders or files below tests/unit, by part."""


@dataclass(frozen=True)
class Fault:
    file: str
    before: str
    after: str

    @property
    def part(self) -> str:
        return self.file.partition("/")[0]

    def put_in(self, folder: Path) -> None:
        """Make a copy of the operator with the fault in a folder."""
        text = (SOURCE / self.file).read_text()
        if text.count(self.before) != 1:
            sys.exit(f"{self.file} has {self.before!r} {text.count(self.before)} times, not once")
        shutil.copytree(SOURCE, folder / "mare", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "mare" / self.file).write_text(text.replace(self.before, self.after))

    def distance(self, test: Path) -> tuple[int, str]:
        """Return a low number for tests that are likely to notice it."""
        module = self.file.removesuffix(".py").replace("/", ".")
        stem, text = module.rpartition(".")[2], test.read_text()
        likely = (stem in test.name, f"mare.{module} " in text, stem in text)
        return likely.index(True) if any(likely) else len(likely), test.name


def read_faults() -> list[Fault]:
    return [Fault(**each) for each in tomllib.loads(FAULTS.read_text())["fault"]]


def run(tests: Tests, jobs: int, least: int, sample: int | None, seed: int) -> None:
    """Run all faults or a random sample, and print the first test that fails with each."""
    faults = read_faults()
    if sample is not None:
        draw = random.Random(seed)  # noqa: S311 - nothing depends on its secrecy
        faults = draw.sample(faults, min(sample, len(faults)))
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    (WORK / "named_faults_plugin.py").write_text(_PLUGIN)
    noticed = 0
    with ThreadPoolExecutor(jobs) as pool:
        results = pool.map(partial(_try, tests), range(len(faults)), faults)
        for fault, failed in zip(faults, results, strict=True):
            noticed += failed is not None
            print(f"{fault.file}: {failed or f'NOT NOTICED: {fault.after!r}'}", flush=True)
    share = 100 * noticed / len(faults)
    print(f"named: {noticed} of {len(faults)} faults are noticed ({share:.0f} %).")
    if share < least:
        sys.exit(f"Less than {least} % are noticed.")


def _try(tests: Tests, number: int, fault: Fault) -> str | None:
    """Return the first test that fails with a fault; None if all pass."""
    copy, log = WORK / str(number), WORK / f"{number}.log"
    fault.put_in(copy)
    chosen = [Path("tests/unit", each) for each in tests[fault.part]]
    files = [
        file for each in chosen for file in (each.glob("test_*.py") if each.is_dir() else [each])
    ]
    files.sort(key=fault.distance)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "named_faults_plugin"]
    paths = [copy.absolute(), WORK.absolute(), os.environ.get("PYTHONPATH", "")]
    with log.open("w") as output:
        try:
            code = subprocess.run(
                [sys.executable, "-m", "pytest", *options, *files],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return f"no end within {_SECONDS} s"
    shutil.rmtree(copy)
    lines = log.read_text().splitlines()
    failed = [each for each in lines if each.startswith(("FAILED ", "ERROR tests"))]
    return None if code == 0 else (failed or lines or [f"exit code {code}"])[-1].split(" - ")[0]
