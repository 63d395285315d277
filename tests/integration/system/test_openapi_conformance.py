"""The running system does what its OpenAPI document says, for invented requests."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import PATIENT, running_system
from tests.vhost import Vhost

pytestmark = pytest.mark.broker

REQUIRED_SECONDS, NIGHTLY_SECONDS = 20, 600

CONFIG = """\
# That a place is a city or coordinates cannot be said of query parameters: 400 is an answer too.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 400, 401, 403, 404, 409, 413, 422, "5xx"]

# A value may be too long by itself, or make the body too large.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""


@pytest.fixture(scope="module")
def system(rabbitmq, tmp_path_factory):
    vhost = Vhost(rabbitmq, "system-openapi")
    folder = tmp_path_factory.mktemp("system")
    with running_system(vhost.amqp_uri, folder, **PATIENT) as running:
        yield running
    vhost.delete()


def schemathesis(system, folder, seconds, seed):
    """Run all checks for so long; return the exit code and the report."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    command = [
        *(Path(sys.executable).with_name("schemathesis"), "--no-color"),
        *("--config-file", config, "run", f"{system.url}/openapi.json"),
        # A cancelled job can still be read. Two workers make Python 3.11's parser fail at times.
        *("--checks", "all", "--exclude-checks", "use_after_free", "--workers", "1"),
        *("--max-time", str(seconds), "--seed", str(seed), "--request-timeout", "90"),
        # It redirects to the events process, and has no end before the job ends.
        *("--exclude-operation-id", "stream_job"),
    ]
    run = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=seconds + 240, check=False
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("seconds", "seed"),
    [
        (REQUIRED_SECONDS, 1),
        pytest.param(
            NIGHTLY_SECONDS,
            random.SystemRandom().randrange(2**32),
            marks=[pytest.mark.nightly, pytest.mark.timeout(NIGHTLY_SECONDS + 480)],
            id="random seed",
        ),
    ],
)
def test_requests_that_are_invented_find_nothing(system, tmp_path, seconds, seed):
    print("seed", seed)  # noqa: T201  repeats a failed run
    code, report = schemathesis(system, tmp_path, seconds, seed)

    # A body of many characters would hide the rest of the report.
    assert code == 0, "\n".join(line[:500] for line in report.splitlines())[-20_000:]
