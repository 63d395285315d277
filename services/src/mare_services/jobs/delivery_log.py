"""The log of deliveries in the database of the jobs."""

import json
from collections.abc import Sequence
from typing import Any

from mare_services.jobs.ports import Database

_MOST = 200
"""Deliveries that are returned for one job. Six callbacks with all their attempts are 54."""


class DeliveryLog:
    """Attempts to deliver the callbacks of jobs. The `JobStore` makes the tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job_id: str, delivery: Any) -> None:
        with self._database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO deliveries (webhook_id, number, job_id, document)"
                " SELECT %s, %s, id, %s FROM jobs WHERE id = %s ON CONFLICT DO NOTHING",
                (delivery["webhook_id"], delivery["number"], json.dumps(delivery), job_id),
            )

    def of(self, job_id: str) -> Sequence[Any]:
        with self._database.transaction(writes=False) as transaction:
            rows = transaction.execute(
                "SELECT document FROM deliveries WHERE job_id = %s LIMIT %s", (job_id, _MOST)
            )
        return sorted((json.loads(row[0]) for row in rows), key=lambda each: str(each["at"]))
