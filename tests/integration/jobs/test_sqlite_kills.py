import pytest

from tests.load.sqlite_kills import run


@pytest.mark.timeout(120)
def test_no_accepted_job_is_missing_after_kills_at_random_moments(tmp_path):
    accepted, lost = run(tmp_path, rounds=12, seed=1)

    assert accepted >= 12
    assert lost == set()
