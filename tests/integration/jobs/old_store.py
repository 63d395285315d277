"""A store before the first migration, and the statements of the processes of that time."""

import json
import time
from pathlib import Path

import uuid_utils

from mare_services.contract.jobs import JobState

_SCHEMA = Path(__file__).with_name("before_migrations.sql")
PREFIX = "019ab000-0000-7000-8000-"
_COLUMNS = (
    *("id", "client", "idempotency_key", "attempt", "redelivered", "submitter", "state"),
    *("created_at", "updated_at", "deadline", "retained_until"),
    *("request", "weather", "result", "failure", "callback"),
)
_MARKS = ", ".join(["%s"] * len(_COLUMNS))
_INSERT = f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({_MARKS})"
_EVENT = "INSERT INTO outbox (message_id, type, data) VALUES (%s, %s, %s)"
_EVENTS = ("job_accepted", "job_changed", "callback_due")
REPORT = {"place": {"name": "Recife"}, "weather": {"temperature": 29.0}, "degraded": []}
RESULT = {**REPORT, "playlist": {"tracks": ["Águas de Março"]}}


def create(database):
    for statement in _SCHEMA.read_text().removesuffix(";\n").split(";\n"):
        with database.transaction() as transaction:
            transaction.execute(statement)


def fill(database, jobs, *, events=True):
    """Add jobs in all states, each with an event without content; batches, and deliveries."""
    with database.transaction() as transaction:
        insert_many(transaction, _INSERT, [row(number) for number in range(jobs)])
        insert_many(transaction, _EVENT, [event(number) for number in range(jobs * events)])
        for number in range(0, jobs, 10):
            batch = (f"batch{number}", "ana", None, 1.0, 2.0)
            transaction.execute("INSERT INTO batches VALUES (%s, %s, %s, %s, %s)", batch)
            member = (f"batch{number}", 0, name(number))
            transaction.execute("INSERT INTO batch_jobs VALUES (%s, %s, %s)", member)
            delivery = (f"msg{number}", 1, name(number), json.dumps({"at": "1", "number": 1}))
            transaction.execute("INSERT INTO deliveries VALUES (%s, %s, %s, %s)", delivery)


def insert_many(transaction, statement, values):
    """Insert rows, 100 in a statement."""
    start, _, marks = statement.partition(" VALUES ")
    for first in range(0, len(values), 100):
        some = values[first : first + 100]
        several = f"{start} VALUES {', '.join([marks] * len(some))}"
        transaction.execute(several, [value for each in some for value in each])


def event(number):
    return message_id(), _EVENTS[number % 3], json.dumps({"job_id": name(number)})


def rows(database, table):
    with database.transaction(writes=False) as transaction:
        columns = ", ".join(_COLUMNS) if table == "jobs" else "*"
        return sorted(transaction.execute(f"SELECT {columns} FROM {table}"), key=str)


def name(number):
    return f"{PREFIX}{number:012}"


def row(number):
    state = list(JobState)[number % len(JobState)]
    began = state not in (JobState.PENDING, JobState.RUNNING)
    return (
        *(name(number), "ana", f"key{number}", 1 + number % 2, number % 3, "address", state.value),
        *(time.time(), time.time(), time.time() + 900.25, time.time() + 90_000.5),
        json.dumps({"city": "Recife"}),
        json.dumps(REPORT) if began else None,
        json.dumps(RESULT) if state is JobState.COMPLETE else None,
        json.dumps({"type": "SourceFailed", "detail": "No."}) if state == "failed" else None,
        json.dumps({"url": "https://example.com/", "events": ["job.complete"], "ended": False}),
    )


def message_id():
    return str(uuid_utils.uuid7())


class OldProcess:
    """Accepts jobs, completes them and publishes their events, as processes of that time."""

    def __init__(self, database):
        self._database = database
        self.published = []

    def accept(self, number):
        with self._database.transaction() as transaction:
            pending = (*row(0)[1:],)
            transaction.execute(_INSERT, (name(number), "old", None, *pending[2:]))
            data = json.dumps({"job_id": name(number)})
            transaction.execute(_EVENT, (message_id(), "job_accepted", data))

    def complete(self, job_id):
        with self._database.transaction() as transaction:
            (found,) = transaction.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM jobs WHERE id = %s {self._database.lock_row}",
                (job_id,),
            )
            values = dict(zip(_COLUMNS, found, strict=True))
            values |= {"state": "complete", "result": json.dumps(RESULT)}
            assignments = ", ".join(f"{column} = %s" for column in _COLUMNS)
            transaction.execute(
                f"UPDATE jobs SET {assignments} WHERE id = %s", (*values.values(), job_id)
            )
            data = json.dumps({"job_id": job_id})
            transaction.execute(_EVENT, (message_id(), "job_changed", data))

    def publish(self):
        now = time.time()
        with self._database.transaction() as transaction:
            claimed = transaction.execute(
                "UPDATE outbox SET claimed_until = %s WHERE message_id IN (SELECT message_id FROM"
                " outbox WHERE claimed_until < %s AND type = %s ORDER BY message_id LIMIT %s"
                f" {self._database.skip_locked}) RETURNING message_id, type, data",
                (now + 15, now, "job_accepted", 50),
            )
        with self._database.transaction() as transaction:
            for message, _, data in claimed:
                self.published.append(json.loads(data)["job_id"])
                transaction.execute("DELETE FROM outbox WHERE message_id = %s", (message,))

    def result(self, job_id):
        with self._database.transaction(writes=False) as transaction:
            ((result,),) = transaction.execute("SELECT result FROM jobs WHERE id = %s", (job_id,))
        return result and json.loads(result)
