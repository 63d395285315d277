"""Tasks for run-to-completion Jobs, with Maré's jobTemplate and with KEDA's ScaledJob, in turn.

``python -m tests.load.compare.jobs`` publishes 200 messages at once for Jobs that take one message
each and work on it for 60 s, 20 at a time: 14 minutes for each autoscaler. ``--over 0 900`` also
publishes as many within 900 s, at a steady rate. ``--messages 10 --seconds 5`` is a quick trial.

The results are printed, and kept in .cache/compare/jobs.json with each report and Job. Runs that
are there are not run again: the command goes on after an interruption. A run that fails is left
out, and the command ends with 1.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from devcluster.choosing import cluster_for_tests
from tests.e2e.application import Application, job
from tests.load.compare.autoscalers import acting
from tests.load.compare.controllers import in_random_order, keep
from tests.load.compare.job_figures import (
    figures_of_jobs,
    figures_of_reports,
    is_owned,
    pod_seconds,
    table,
    unfinished,
)
from tests.load.compare.job_scalers import STRATEGIES, Case, manifest
from tests.load.compare.observing import Watched
from tests.load.compare.progress import FAILURES, log, progress
from tests.load.keda_stage import WORKER_URI, stage
from tests.vhost import becomes, eventually

_FILE = Path(".cache/compare/jobs.json")
_SETTLES = 10.0
_SPARE_SECONDS = 300.0
_NUMBERS = count(1)


def main() -> None:
    cases, seed = _read()
    failed = []
    if missing := [each for each in in_random_order(cases, seed) if _stored(each) is None]:
        log(f"Order: {', '.join(f'{each.autoscaler} within {each.over:g} s' for each in missing)}")
        with cluster_for_tests() as cluster, stage(cluster, jobs=True) as (shop, image):
            for case in missing:
                title = f"{case.messages} messages within {case.over:g} s, {case.autoscaler}"
                log(title)
                try:
                    with progress(title, case.least_seconds):
                        row = asdict(case) | _run(shop, image, case)
                except FAILURES as error:
                    failed.append(title)
                    log(f"{title} failed: {error!r}")
                    continue
                keep(_FILE, row, tuple(asdict(case)))
                log(table([row]))
    sys.stdout.write(table(there for each in cases if (there := _stored(each))))
    sys.exit(f"Failed: {'; '.join(failed)}" if failed else 0)


def _read() -> tuple[list[Case], str]:
    """Return the runs, and the seed of their order."""
    names = ["Maré", *STRATEGIES]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=200, help="of each run (200)")
    parser.add_argument("--seconds", type=float, default=60, help="of each message (60)")
    parser.add_argument("--most", type=int, default=20, help="Jobs at a time (20)")
    parser.add_argument(
        "--over",
        type=float,
        nargs="+",
        default=[0.0],
        help="seconds in which they are published, of each run (0: at once)",
    )
    parser.add_argument("--polling", type=int, default=5, help="pollingInterval of KEDA (5)")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--seed", type=int, default=1, help="of the order of the runs (1)")
    given = parser.parse_args()
    cases = [
        Case(
            autoscaler=name,
            over=over,
            messages=given.messages,
            task_seconds=given.seconds,
            at_most=given.most,
            polling=given.polling if name in STRATEGIES else 0,
        )
        for over in given.over
        for name in given.only
    ]
    return cases, str(given.seed)


def _stored(case: Case) -> Mapping[str, Any] | None:
    rows: list[dict[str, Any]] = json.loads(_FILE.read_text()) if _FILE.exists() else []
    return next((each for each in rows if asdict(case).items() <= each.items()), None)


def _run(shop: Application, image: str, case: Case) -> dict[str, Any]:
    name = f"work-{next(_NUMBERS)}"
    scaler = manifest(case, name, image)
    limit = 2 * case.least_seconds + _SPARE_SECONDS
    publish = ["once.py", "publish", name, str(case.messages), f"{case.over:g}", f"{limit:g}"]
    api = shop.cluster.client()
    with closing(Watched(api, shop.namespace, group="batch", plural="jobs")) as watched:
        try:
            shop.apply(job(image, "declare", ["timed.py", "declare", name], AMQP_URI=WORKER_URI))
            shop.printed_by("declare")  # KEDA fails until a queue is there
            shop.apply(scaler)
            eventually(lambda: name in acting(shop, scaler["kind"]), 120)
            time.sleep(_SETTLES)
            shop.apply(job(image, "publish", publish, AMQP_URI=WORKER_URI))
            lines = shop.printed_by("publish", case.over + limit + 120).splitlines()
            with suppress(AssertionError):  # the row has those that are left
                becomes(lambda: len(list(unfinished(_jobs(shop, name)))), 0, case.task_seconds + 60)
            pods = shop.read("api/v1", f"pods?labelSelector=app={name}")["items"]
        finally:
            _remove(shop, name, scaler["kind"])
    began, *reports = map(json.loads, lines)
    seen = [(at - began["began"], each) for at, each in watched.seen if is_owned(each, name)]
    if not seen:
        raise LookupError(f"the watch has seen no Job of {name}")
    of_pods = {"pod_seconds": pod_seconds(pods)}
    due = [case.over * number / case.messages for number in range(case.messages)]
    # The publisher ends so long after its last message unless all are done.
    return figures_of_reports(reports, due, due[-1] + limit) | figures_of_jobs(seen) | of_pods


def _jobs(shop: Application, owner: str) -> list[dict[str, Any]]:
    jobs = shop.read("apis/batch/v1", "jobs")["items"]
    return [each for each in jobs if is_owned(each, owner)]


def _remove(shop: Application, name: str, kind: str) -> None:
    """Delete the object, and wait until its Jobs and their Pods are deleted with it."""
    of_run = (f"{kind.lower()}/{name}", "job/declare", "job/publish")
    shop.kubectl("delete", "--ignore-not-found", "--timeout=120s", *of_run, seconds=130)
    becomes(lambda: len(_jobs(shop, name)), 0, 300)
    becomes(lambda: len(shop.read("api/v1", f"pods?labelSelector=app={name}")["items"]), 0, 300)


if __name__ == "__main__":
    main()
