"""``make mutants PART=...``: put faults into a part, one at a time, and run its unit tests.

mutmut expects one ``src`` folder, so the packages and the tests are copied into ``.cache/mutants``
first. The summary counts the faults that the tests notice; ``--show`` prints the others as diffs.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

MUTMUT = (sys.executable, "-m", "mutmut")
WORK = Path(".cache/mutants")
PACKAGES = {
    "mare": "operator/src/mare",
    "mare_nameko": "runtime/src/mare_nameko",
    "mare_services": "services/src/mare_services",
    "mare_gateway": "gateway/src/mare_gateway",
}
PARTS = {
    "domain": (("mare/domain/*",), ("operator",)),
    "loop": (("mare/loop/*",), ("operator_loop",)),
    "leadership": (("mare/leadership.py",), ("operator_loop/test_leadership.py",)),
    "broker": (("mare/broker/*",), ("operator_broker",)),
    "runtime": (("mare_nameko/service/*", "mare_nameko/*.py"), ("runtime",)),
    "client": (("mare_nameko/client/*",), ("runtime_client",)),
    "upstream": (("mare_services/upstream/*",), ("upstream",)),
    "playlists": (("mare_services/playlists/domain/*",), ("playlists",)),
}
"""Patterns of modules, and folders or files below tests/unit, by part."""
CAUGHT = {"killed", "timeout", "caught by type check"}
IGNORED = {"skipped", "not checked"}


def main() -> None:
    options = _options()
    folder = WORK / options.part
    _copy(folder, options.part)
    log = (WORK / f"{options.part}.log").absolute()
    print(f"Mutating {options.part}; the log is {log}.", flush=True)
    with log.open("w") as output:
        subprocess.run(
            [*MUTMUT, "run", f"--max-children={options.jobs}"],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=True,
        )
    results = subprocess.run(
        [*MUTMUT, "results", "--all", "true"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    verdicts = dict(line.strip().rsplit(": ", 1) for line in results.splitlines() if ": " in line)
    _report(options.part, verdicts)
    if options.show:
        for name in (name for name, verdict in verdicts.items() if verdict not in CAUGHT | IGNORED):
            subprocess.run([*MUTMUT, "show", name], cwd=folder, check=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("mutants.py", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--show", action="store_true", help="print the survivors as diffs")
    return parser.parse_args()


def _copy(folder: Path, part: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, source in PACKAGES.items():
        shutil.copytree(source, folder / "src" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree("tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree("local", folder / "local", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("charts", "docs", "devcluster"):
        (folder / name).symlink_to(Path(name).absolute())
    shutil.copy("pyproject.toml", folder)
    modules, tests = PARTS[part]
    lines = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{module}" for module in modules],
        "also_copy": ["tests", "local", "charts", "devcluster", "docs", "pyproject.toml"],
        "pytest_add_cli_args": ["-p", "no:randomly", "-p", "no:cacheprovider", "-x", "-q"],
        "pytest_add_cli_args_test_selection": [f"tests/unit/{test}" for test in tests],
    }
    text = "".join(
        f"{key} =\n" + "".join(f"    {value}\n" for value in values)
        for key, values in lines.items()
    )
    (folder / "setup.cfg").write_text(f"[mutmut]\n{text}")


def _report(part: str, verdicts: dict[str, str]) -> None:
    counts = Counter(verdicts.values())
    caught = sum(count for verdict, count in counts.items() if verdict in CAUGHT)
    total = sum(count for verdict, count in counts.items() if verdict not in IGNORED)
    share = 100 * caught / total if total else 0
    print(f"{part}: {caught} of {total} mutants are noticed ({share:.0f} %); {dict(counts)}")


if __name__ == "__main__":
    main()
