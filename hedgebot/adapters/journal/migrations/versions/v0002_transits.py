"""Withdrawn coins that still count, and up to when withdrawals are settled."""

import sqlalchemy as sa
from alembic import op

from hedgebot.adapters.journal.columns import Money

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the two tables."""
    wide = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "transits",
        sa.Column("row_id", wide, primary_key=True, autoincrement=True),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("coin", sa.Text, nullable=False),
        sa.Column("qty", Money, nullable=False),
        sa.Column("debit", Money, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("outside", Money, nullable=False),
        sa.Column("end", sa.Text),
    )
    op.create_index("transits_by_record", "transits", ["book_id", "venue", "record_id"])
    op.create_table(
        "transit_marks",
        *_owner(),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("coin", sa.Text, nullable=False),
        sa.Column("venue_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "venue", "coin"),
        sqlite_with_rowid=False,
    )


def _owner() -> list[sa.Column[str]]:
    return [
        sa.Column("book_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
    ]
