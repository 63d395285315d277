"""Jobs of other users whose names are those of an object's next Jobs."""

import pytest

from mare.cluster.job_manifest import job_name, new_job
from mare.cluster.targets import WatchedTargets
from mare.ports import Conflict, Scale
from tests.unit.operator_loop.job_api import TARGET, JobApi
from tests.unit.operator_loop.test_jobs import PATH, listed


async def beside_taken_names(api: JobApi, watched: WatchedTargets, count: int) -> Scale:
    """Read no Jobs; then another user creates some with the next names, which no list has."""
    scale = await listed(watched)
    for number in range(1, count + 1):
        name = job_name("worker", "uid-worker", number)
        api.jobs[name] = {"metadata": {"name": name}}
    api.stale = []
    return scale


async def test_jobs_of_another_user_with_the_next_ten_names_delay_no_decision(api, watched):
    scale = await beside_taken_names(api, watched, 10)
    await watched.scale(TARGET, scale, 2)
    assert api.created == [job_name("worker", "uid-worker", number) for number in (11, 12)]


async def test_one_decision_passes_over_a_bounded_number_of_names(api, watched):
    scale = await beside_taken_names(api, watched, 11)
    with pytest.raises(Conflict):
        await watched.scale(TARGET, scale, 2)
    await watched.scale(TARGET, scale, 2)
    assert api.created == [job_name("worker", "uid-worker", number) for number in (12, 13)]


async def test_a_job_with_the_highest_number_that_is_read_stops_no_others(api, watched):
    await api.request("POST", PATH, new_job(api.owner, 9_999_999_999))
    await watched.scale(TARGET, await listed(watched), 3)
    assert len(api.jobs) == 3
