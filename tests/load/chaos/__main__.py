"""Faults on a real cluster under jobs and Celery tasks: what is promised, and what happened.

    python -m tests.load.chaos [--jobs 10000] [--rate 4] [--tasks 1000] [--seed 1] [--pairs 6]
                               [--only "kill -9" drain] [--soak HOURS]

The released chart runs with three members of RabbitMQ; jobs come through the gateway, and Celery
tasks go to workers that the operator scales. Faults come one after the other in an order that the
seed determines: SIGKILL, SIGSTOP, two at once, delay, loss and partition of each pair that talks,
alarms and poison messages, a full disk of the job store, clocks, a drain, an API server that is
away. All come once while jobs are submitted, or once an hour. Everything is in .cache/chaos. Ends
with 1 if accepted work is lost or not complete, a job or its callback has two results, a callback
or the end of a stream is missing, a scale-down ended a busy Pod, a job or a task was never
accepted, a fault hit nothing, one of all faults was not reached, or --soak finds a series that
rises or is too short for a slope.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from devcluster import say
from devcluster.choosing import cluster_for_tests
from tests import recorded_results
from tests.e2e.application import Application
from tests.load import callback_receiver
from tests.load.chaos import broker, load, report, store
from tests.load.chaos.catalog import catalog, prefixes
from tests.load.chaos.celery_archive import NAME as CELERY
from tests.load.chaos.disk import SmallDisk
from tests.load.chaos.faults import Fault, in_order, only
from tests.load.chaos.running import Chaos
from tests.load.chaos.sampling import ROWS, Endings, Sampler
from tests.load.chaos.stage import stage
from tests.load.chaos.works import busy_choices, busy_endings, of_last_lives, outcome
from tests.load.job_clients import Submissions

_FOLDER = Path(".cache/chaos")
FAILURES = (
    "not caused",
    "jobs not accepted",
    "tasks not accepted",
    "jobs not complete",
    "lost",
    "with two results",
    "callbacks missing",
    "callbacks with two results",
    "invalid signatures",
    "messages left",
    "busy Pods ended",
    "streams without an end",
    "streams with gaps",
)


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=4.0, help="jobs a second (4)")
    parser.add_argument("--tasks", type=int, default=1000, help="Celery tasks in the same time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=6, help="steps with two faults at once")
    parser.add_argument("--only", nargs="*", default=[], help="words in the names of faults")
    parser.add_argument("--soak", type=float, default=0.0, help="hours; sets --jobs and --tasks")
    return parser


def main() -> None:
    given = options().parse_args()
    if given.soak:
        given.jobs = round(given.soak * 3600 * given.rate)
        given.tasks = round(given.jobs / 10)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with cluster_for_tests() as cluster, stage(cluster) as (application, disk):
        result = run(application, disk, given, _FOLDER)
    failed = broken(result, given)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    sys.exit(f"Broken promises: {', '.join(failed)}" if failed else 0)


def broken(result: Mapping[str, Any], given: argparse.Namespace) -> list[str]:
    """Return what a run failed by; a series without a slope proves no absence of a leak.

    Chosen faults may be more than there is time for.
    """
    failed = [each for each in FAILURES if result[each]]
    if result["not reached"] and not given.only:
        failed.append("not reached")
    if given.soak:
        failed += [f"{name} rises" for name in result["rising"]]
        failed += [f"{name} is too short" for name in result["too short"]]
    return failed


def run(
    application: Application, disk: SmallDisk, given: argparse.Namespace, folder: Path
) -> dict[str, object]:
    """Run the load with its faults; write the reports into the folder."""
    url = application.cluster.ingress
    jobs = Submissions(url, url, callback_receiver.URLS, given.rate, host=application.host)
    killed: dict[str, float] = {}
    faults = only(catalog(application, disk, killed), given.only)
    chaos = Chaos(
        _steps(faults, given), load.works_after(application, jobs), every(faults, given), say
    )
    execute = partial(store.query, application)
    recorded_results.watch(execute, sqlite=False)
    sampler, endings = Sampler(application, prefixes(application)), Endings(application, CELERY)
    seconds = given.jobs / given.rate
    began = time.time()
    sampler.start()
    endings.start()
    load.send_tasks(application, given.tasks, given.tasks / seconds)
    chaos.start()
    asyncio.run(jobs.submit(given.jobs, seconds + 600, chaos.stop))
    submitted = time.time()
    say(f"{len(jobs.accepted)} jobs accepted after {submitted - began:.0f} s")
    reports = load.Reports()
    tasks = load.settle(application, jobs.accepted, reports)
    ended = time.time()
    done = [*load.jobs_done(application, jobs, reports), *tasks]
    callbacks = load.callbacks(application, jobs.accepted)
    messages_left = broker.messages_left(application, f"{application.release}-rabbitmq-0")
    sampler.stop()
    endings.stop()
    starts = of_last_lives(reports.started, reports.begun, killed)
    busy = busy_endings(endings.seen.values(), starts, reports.done)
    windows = chaos.windows(submitted)
    outcomes = [outcome(each, done, busy) for each in windows]
    hours = (submitted - began) / 3600
    series = sampler.until(submitted)
    slopes = report.slopes(series, explained(len(jobs.accepted) / hours))
    result = {
        "jobs accepted": len(jobs.accepted),
        "jobs not accepted": given.jobs - len(jobs.accepted),
        "tasks accepted": len(tasks),
        "tasks not accepted": given.tasks - len(tasks),
        "seconds of submission": round(submitted - began),
        "seconds until the last end": round(ended - began),
        "submissions repeated": jobs.repeated,
        "faults": len(windows),
        "not caused": chaos.failed,
        "not reached": sorted({each.name for each in faults} - chaos.reached),
        "lost": sum(each.done is None for each in done),
        "jobs not complete": load.unfinished(application, jobs.accepted),
        "done twice": sum(each.times > 1 for each in done),
        "with two results": recorded_results.with_two_results(execute),
        **callbacks,
        "messages left": messages_left,
        "Pods of Celery ended": dict(Counter(each.reason for each in endings.seen.values())),
        "busy Pods ended": len(busy),
        "busy Pods chosen": busy_choices(endings.seen.values(), starts, reports.done),
        "Events ReplicasKilled": load.replicas_killed(application),
        "streams followed": jobs.followed,
        "streams without an end": jobs.followed - jobs.saw_end,
        "streams with gaps": jobs.with_gaps,
        "streams that went back": jobs.went_back,
        "rising": [name for name, *_, verdict in slopes if verdict == "rises"],
        "too short": [name for name, *_, verdict in slopes if verdict == "too short"],
    }
    (folder / "result.json").write_text(
        json.dumps(
            {
                "result": result,
                "outcomes": [asdict(each) for each in outcomes],
                "windows": [asdict(each) for each in windows],
                "works": [asdict(each) for each in done],
                "samples": series,
            }
        )
    )
    tables = [report.markdown(outcomes), report.slopes_markdown(slopes)]
    (folder / "result.md").write_text("\n\n".join(tables) + "\n")
    (folder / "samples.svg").write_text(report.plot(series, windows))
    return result


def _steps(faults: Sequence[Fault], given: argparse.Namespace):
    """Yield all faults in random order, again and again until there are no more jobs."""
    random = Random(given.seed)
    while True:
        yield from in_order(faults, given.pairs, random)


def every(faults: Sequence[Fault], given: argparse.Namespace) -> float:
    """Return the seconds from a step to the next: all come once, or once an hour.

    A twentieth of the time is left for steps that take longer.
    """
    steps = len(in_order(faults, given.pairs, Random(given.seed)))
    seconds: float = min(given.jobs / given.rate, 3600.0)
    return 0.95 * seconds / steps


def explained(jobs_per_hour: float) -> dict[str, float]:
    """Return what the load itself adds an hour: finished jobs are kept for a day."""
    return {ROWS["jobs"]: jobs_per_hour}


if __name__ == "__main__":
    main()
