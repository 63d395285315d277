"""Under eventlet, as in the runtime, nothing that an upstream does outlasts the budget.

Each case runs in a process of its own, because monkey-patching is for ever.
"""

import subprocess
import sys

import pytest

from tests.fakes.upstreams import faults
from tests.fakes.upstreams.server import as_json, upstream

PROGRAM = """
import eventlet
eventlet.monkey_patch()
import sys, time
from eventlet.support import greendns
from mare_services.contract.errors import SourceUnavailable
from mare_services.upstream.budget import Budget
from mare_services.upstream import client

url, seconds, resolver = sys.argv[1:]
client.CONNECT_SECONDS = client.READ_SECONDS = 60.0  # only the budget ends a call
if resolver:
    greendns.resolver._resolver.nameservers = ["127.0.0.1"]
    greendns.resolver._resolver.nameserver_ports = {"127.0.0.1": int(resolver)}

turns = []
def work():
    while True:
        turns.append(1)
        eventlet.sleep(0.02)
eventlet.spawn(work)

started = time.monotonic()
try:
    client.JsonClient("example", url).get("/now", dict, budget=Budget.of(float(seconds)))
    outcome = "answered"
except SourceUnavailable as error:
    outcome = type(error).__name__
print(outcome, time.monotonic() - started, len(turns))
"""


SOON = 20.0
"""Seconds that a busy machine may take; the upstreams that do not answer take 300."""
TURNS = 3
"""Of other work in half a second: 25 on an idle machine, one or two if a call keeps the loop."""


def call_beside_work(url: str, resolver: str = "") -> tuple[str, float]:
    """Return the outcome and its seconds, once other work had its turns meanwhile."""
    for _ in range(5):  # on a machine that stalls for half a second, no work has a turn
        outcome, seconds, turns = call(url, resolver)
        if turns > TURNS:
            return outcome, seconds
    raise AssertionError(f"other work had {turns} turns in {seconds} s")


def call(url: str, resolver: str = "", seconds: float = 0.5) -> tuple[str, float, int]:
    """Return the outcome, the seconds it took, and how many turns other work had meanwhile."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, url, str(seconds), resolver],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    outcome, took, turns = done.stdout.split()
    return outcome, float(took), int(turns)


@pytest.mark.parametrize("fault", [faults.slow, faults.dripping_body, faults.dripping_headers])
def test_a_slow_upstream_ends_with_the_budget_and_lets_others_work(fault):
    with upstream(lambda request: as_json({})) as server:
        server.plays(fault(server))
        outcome, seconds = call_beside_work(server.url)

    assert outcome == "SourceTimedOut"
    assert 0.4 < seconds < SOON


@pytest.mark.parametrize(
    "fault",
    [faults.endless_interim_responses, faults.endless_trailers, faults.empty_deflate_blocks],
)
def test_an_upstream_that_sends_without_end_is_disconnected(fault):
    with upstream(lambda request: as_json({})) as server:
        server.plays(fault(server))
        outcome, seconds, _ = call(server.url)

    assert outcome in ("SourceFailed", "SourceTimedOut")
    assert seconds < SOON


def test_a_connection_that_is_never_established_ends_with_the_budget():
    with faults.black_hole() as url:
        outcome, seconds = call_beside_work(url)

    assert outcome == "SourceTimedOut"
    assert seconds < SOON


def test_a_resolver_that_never_answers_ends_with_the_budget():
    with faults.silent_resolver() as port:
        outcome, seconds = call_beside_work("http://api.example.org", str(port))

    assert outcome == "SourceTimedOut"
    assert 0.4 < seconds < SOON


def test_a_good_upstream_answers_as_without_eventlet():
    with upstream(lambda request: as_json({})) as server:
        outcome, *_ = call(server.url, seconds=60.0)

    assert outcome == "answered"
