"""The runs that kill parts of the system notice a job with two results."""

from datetime import UTC, datetime

import pytest

from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.domain import job as domain
from mare_services.jobs.domain.job import Terms, new_job, record
from mare_services.jobs.ports import Change
from tests.recorded_results import watch, with_two_results


@pytest.mark.parametrize(("again", "found"), [(JobState.COMPLETE, ["1"]), (JobState.FAILED, [])])
def test_a_second_result_is_noticed_without_any_event(store, monkeypatch, again, found):
    def execute(statement):
        with store.database.transaction() as transaction:
            return transaction.execute(statement)

    def report(state, seconds, **fields):
        now = datetime.fromtimestamp(seconds, UTC)
        changed = store.change(
            "1", lambda job: Change(record(job, 1, state, now, Terms(), **fields))
        )
        assert changed.state is state

    watch(execute, sqlite=not store.database.lock_row)
    job = new_job(JobSubmission(id="1", request={}), None, datetime.fromtimestamp(0, UTC), Terms())
    store.accept(Change(job))
    report(JobState.PARTIAL, 1, weather={})
    report(JobState.COMPLETE, 2, result={"a": 1})
    assert with_two_results(execute) == []
    monkeypatch.setitem(domain._NEXT, JobState.COMPLETE, {again})  # the fault

    report(again, 3, result={"a": 2})

    assert with_two_results(execute) == found
