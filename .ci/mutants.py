"""``make mutants PART=...``: put faults into a part, one at a time, and run its unit tests.

mutmut expects one ``src`` folder, so the packages and the tests are copied into ``.cache/mutants``
first. ``SAMPLE=400`` runs that many mutants, chosen at random, always the same ones of one source
and one ``SEED``. The report counts, by module, the mutants that the tests notice, and prints the
others. The exit status is 1 if less than 85 % are noticed, also of those that no test executes.
``PART=named`` puts in the faults that stand in ``named_faults.toml``, or such a sample of them.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import IO

import named_faults

MUTMUT = (sys.executable, "-m", "mutmut")
WORK = Path(".cache/mutants")
PACKAGES = {
    "mare": "operator/src/mare",
    "mare_nameko": "runtime/src/mare_nameko",
    "mare_services": "services/src/mare_services",
    "mare_gateway": "gateway/src/mare_gateway",
}
_NOT_OF_THE_DOMAIN = {
    "advice", "cli", "cli_hints", "demo", "drawing", "open_files", "run_imports",
    "simulate_command", "yardstick",
}  # fmt: skip
"""Tests of commands, simulations and drawings, which last a minute and notice few more."""
_DOMAIN_TESTS = tuple(
    f"operator/{test.name}"
    for test in sorted(Path("tests/unit/operator").glob("test_*.py"))
    if test.stem.removeprefix("test_") not in _NOT_OF_THE_DOMAIN
)
PARTS = {
    "domain": (("mare/domain/*",), _DOMAIN_TESTS),
    "loop": (("mare/loop/*",), ("operator_loop",)),
    "leadership": (
        ("mare/leadership.py",),
        ("operator_loop/test_leadership.py", "operator_loop/test_lease_renewals.py"),
    ),
    "broker": (("mare/broker/*",), ("operator_broker",)),
    "runtime": (
        ("mare_nameko/*",),
        ("runtime", "runtime_service", "local/test_topology.py"),
    ),
    "client": (("mare_nameko/client/*",), ("runtime_client",)),
    "upstream": (("mare_services/upstream/*",), ("upstream",)),
    "playlists": (("mare_services/playlists/domain/*",), ("playlists",)),
    "jobs": (("mare_services/jobs/domain/*",), ("jobs",)),
    "webhooks": (("mare_services/webhooks/domain/*",), ("webhooks",)),
}
"""Patterns of modules, and folders or files below tests/unit, by part."""
NAMED = {
    "domain": (*_DOMAIN_TESTS, "operator_loop/test_restarts.py"),
    "broker": ("operator_broker",),
    "cluster": ("operator_loop", "operator/test_cli.py"),
    "convert": ("operator_convert",),
    "custom_resource": ("operator_loop",),
    "loop": ("operator_loop",),
    "sharding": ("operator_sharding",),
}
"""The tests of the faults in `named_faults.toml`, by folder of the operator."""
OTHERS = {"runtime": ["mare_nameko/client/*"]}
COUNTING = ("--ignore-glob=*/test_steps_of_the_loop.py",)
"""Counts Python calls, of which mutmut adds one for each call of a mutated function."""
READ = ("charts", "devcluster", "docs", "README.md", "CHANGELOG.md")
"""What tests read besides the packages."""
NOTICED = {"killed", "timeout", "caught by type check", "check was interrupted by user"}
"""The last is what mutmut calls a mutant with which pytest cannot import a test."""
LOG_LINES = r"^\s*\w*log\.(debug|info|warning|error|exception)\("
"""Not mutated: a test that repeats the words of a log line protects nothing."""
GENERATE = """
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants
copy_src_dir(), copy_also_copy_files(), create_mutants({jobs})
"""
SHOW = """
import sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
for name in sys.argv[1:]:
    changes = [line for line in get_diff_for_mutant(name).splitlines()[2:] if line[0] in "-+"]
    print(name, *changes, "", sep="\\n")
"""
PLUGIN = """
import json
import os
import sys
from collections import defaultdict
from pathlib import Path

from hypothesis import settings
from mutmut.state import state

os.environ["PYTHONPATH"] = str(Path("src").absolute())
HITS = Path("hits").absolute()
os.environ["MUTANT_HITS"] = str(HITS)
hits = defaultdict(set)

def pytest_collection_modifyitems(config, items):
    settings.register_profile("few", settings(max_examples=25))
    settings.load_profile("few")
    if waiting := sys.modules.get("tests.vhost"):
        waiting.eventually.__defaults__ = (40.0,)
    try:
        with open("mutmut-stats.json") as stats:
            seconds = json.load(stats)["duration_by_test"]
    except OSError:
        return
    of_modules = defaultdict(float)
    for item in items:
        of_modules[item.path] += seconds.get(item.nodeid, 0)
    items.sort(key=lambda item: (of_modules[item.path], item.location[:2]))

def pytest_runtest_logreport(report):
    if report.when == "teardown" and HITS.exists():
        hits[report.nodeid.partition("::")[0]].update(HITS.read_text().split())
        HITS.unlink()

def pytest_sessionfinish(session):
    for item in session.items:
        for function in hits[item.nodeid.partition("::")[0]]:
            state().tests_by_mangled_function_name[function].add(item.nodeid)
"""
"""A plugin of pytest: fast tests notice most mutants, and a few examples most of the others.

Processes that tests start run the mutated packages as well. What they execute counts for all tests
of the module, since a process may serve many tests.
"""
SITE = """
import os
if os.environ.get("MUTANT_UNDER_TEST") == "stats" and "MUTANT_HITS" in os.environ:
    from mutmut import stats
    def record(name, caller=None):
        with open(os.environ["MUTANT_HITS"], "a") as hits:
            hits.write(name + "\\n")
    stats.record_trampoline_hit = record
"""
"""Records what such a process executes, while mutmut finds out which test executes what."""


def main() -> None:
    options = _options()
    if options.part == "named":
        named_faults.run(NAMED, options.jobs, options.least, options.sample, options.seed)
        return
    folder = WORK / options.part
    _copy(folder, options.part)
    log = (WORK / f"{options.part}.log").absolute()
    print(f"Mutating {options.part}; the log is {log}.", flush=True)
    with log.open("w") as output:
        _python(folder, output, "-c", GENERATE.format(jobs=options.jobs))
        names = _names(folder)
        count = min(options.sample or len(names), len(names))
        draw = random.Random(options.seed)  # noqa: S311 - nothing depends on its secrecy
        chosen = draw.sample(names, count)
        jobs = f"--max-children={options.jobs}"
        _python(folder, output, "-m", "mutmut", "run", jobs, *chosen)
    results = subprocess.run(
        [*MUTMUT, "results", "--all", "true"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    verdicts = dict(line.strip().rsplit(": ", 1) for line in results.splitlines() if ": " in line)
    unnoticed = [name for name in sorted(chosen) if verdicts[name] not in NOTICED]
    subprocess.run([sys.executable, "-c", SHOW, *unnoticed], cwd=folder, check=True)
    _report(options.part, chosen, unnoticed, len(names))
    late = sum(verdicts[name] == "timeout" for name in chosen)
    print(f"{late} of those only exceed a time limit, which a busy machine can cause.")
    if 100 * len(unnoticed) > (100 - options.least) * len(chosen):
        sys.exit(f"Less than {options.least} % are noticed.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("mutants.py", description=__doc__)
    parser.add_argument("part", choices=[*PARTS, "named"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, help="how many mutants to run, at random")
    parser.add_argument("--least", type=int, default=85, help="percent that have to be noticed")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    return parser.parse_args()


def _python(folder: Path, output: IO[str], *arguments: str) -> None:
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        stdout=output,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if ended.returncode:
        sys.exit("Without a mutant, the tests have to pass. The end of the log says which do not.")


def _names(folder: Path) -> list[str]:
    """Return the name of each mutant that mutmut has generated."""
    files = sorted((folder / "mutants" / "src").rglob("*.meta"))
    return [name for file in files for name in json.loads(file.read_text())["exit_code_by_key"]]


def _copy(folder: Path, part: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in PACKAGES.items():
        shutil.copytree(source, folder / "src" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree("tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree("local", folder / "local", ignore=shutil.ignore_patterns("__pycache__"))
    for name in READ:
        (folder / name).symlink_to(Path(name).absolute())
    shutil.copy("pyproject.toml", folder)
    (folder / "mutants_plugin.py").write_text(PLUGIN)
    (folder / "src" / "sitecustomize.py").write_text(SITE)
    modules, tests = PARTS[part]
    copies = ["tests", "local", *READ, "pyproject.toml"]
    plugins = ["-p", "no:cacheprovider", "-p", "mutants_plugin", *COUNTING]
    lines = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{module}" for module in modules],
        "do_not_mutate": [f"src/{module}" for module in OTHERS.get(part, ["nothing/*"])],
        "do_not_mutate_patterns": [LOG_LINES],
        "also_copy": [*copies, "mutants_plugin.py"],
        "pytest_add_cli_args": [*plugins, "-x", "-q"],
        "pytest_add_cli_args_test_selection": [f"tests/unit/{test}" for test in tests],
    }
    text = "".join(
        f"{key} =\n" + "".join(f"    {value}\n" for value in values)
        for key, values in lines.items()
    )
    (folder / "setup.cfg").write_text(f"[mutmut]\n{text}")


def _report(part: str, chosen: list[str], unnoticed: list[str], total: int) -> None:
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name in chosen:
        count = counts[name.rsplit(".", 1)[0]]
        count[0] += name not in unnoticed
        count[1] += 1
    for module, (noticed, run) in sorted(counts.items()):
        print(f"{module}: {noticed} of {run}")
    noticed = len(chosen) - len(unnoticed)
    sample = f", a sample of {total}" if len(chosen) < total else ""
    share = 100 * noticed / len(chosen)
    print(f"{part}: {noticed} of {len(chosen)} mutants are noticed ({share:.0f} %){sample}.")


if __name__ == "__main__":
    main()
