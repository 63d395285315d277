"""A trigger in the store of the jobs that counts their results, in the transactions of the jobs.

Events prove nothing about results: `job_changed` is not stored, and `jobs` may be killed before it
is published.
"""

from collections.abc import Callable, Sequence
from typing import Any

Execute = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs one statement in a transaction of its own."""

_IS_RECORDED = (
    "NEW.state = 'complete' AND (OLD.state <> 'complete'"
    " OR NEW.updated_at <> OLD.updated_at OR NEW.result <> OLD.result)"
)
_INSERT = "BEGIN INSERT INTO recorded_results VALUES (NEW.id);"
_TRIGGER = f"CREATE TRIGGER record_result AFTER UPDATE ON jobs FOR EACH ROW WHEN ({_IS_RECORDED})"


def watch(execute: Execute, *, sqlite: bool) -> None:
    """Count the results that are recorded from now on."""
    execute("CREATE TABLE recorded_results (job_id TEXT NOT NULL)")
    if sqlite:
        execute(f"{_TRIGGER} {_INSERT} END")
        return
    execute(
        "CREATE FUNCTION record_result() RETURNS trigger LANGUAGE plpgsql"
        f" AS '{_INSERT} RETURN NULL; END'"
    )
    execute(f"{_TRIGGER} EXECUTE FUNCTION record_result()")


def with_two_results(execute: Execute) -> list[str]:
    """Return the ids of the jobs of which more than one result was recorded."""
    rows = execute("SELECT job_id FROM recorded_results GROUP BY job_id HAVING count(*) > 1")
    return [row[0] for row in rows]
