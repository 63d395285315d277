"""The schema of the store in versions: Alembic, for SQLite and PostgreSQL.

A migration expands or contracts. To expand adds what processes of the version before neither read
nor write, so that both run side by side during a rolling upgrade. To contract takes away what only
they need. A process expands the store when it starts. It contracts what earlier versions of this
software have expanded, and a new store at once; ``python -m mare_services.jobs.migrations
--contract`` does it sooner, when no process of the version before runs any more.

Each migration locks one table: the changes of running processes lock several, and would deadlock.
"""

EXPANDED = "0003"
"""The version that this software needs."""
CONTRACTED = "0004"
"""The version without anything that only earlier software needs."""
VERSION_TABLE = "jobs_schema"
