import subprocess
import sys


def test_no_accepted_job_is_missing_after_kills_at_random_moments():
    # In a process of its own: this one may have threads and eventlet's hub, and the script forks.
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.sqlite_kills", "--rounds", "12"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
