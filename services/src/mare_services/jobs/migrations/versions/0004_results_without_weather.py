"""Contracts: results are stored without the weather, which the job has already.

It changes no table. Processes before 0002 cannot read such results, so none is written before this
version is recorded; those that are stored stay as they are.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The version itself is what `JobStore` reads."""
