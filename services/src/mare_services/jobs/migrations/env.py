"""Alembic runs this file to migrate over the connection of `upgrade`."""

from alembic import context

from mare_services.jobs.migrations import VERSION_TABLE

connection = context.config.attributes["connection"]
# SQLite has one transaction, which `upgrade` has begun. PostgreSQL has one for each migration, so
# that none holds the locks of two tables.
context.configure(
    connection=connection,
    version_table=VERSION_TABLE,
    transaction_per_migration=connection.dialect.name == "postgresql",
)
with context.begin_transaction():
    context.run_migrations()
