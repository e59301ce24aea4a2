"""The books: postings, what the wallets held, and how far the venues' listings were read."""

import sqlalchemy as sa
from alembic import op

from hedgebot.adapters.journal.columns import Balances, Blank, Money

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the three tables."""
    _postings()
    op.create_table(
        "readings",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("wallet", sa.Text, nullable=False),
        sa.Column("balances", Balances, nullable=False),
        sa.Column("from_ms", sa.BigInteger, nullable=False),
        sa.Column("to_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("readings_by_time", "readings", ["book_id", "wallet", "from_ms"])
    op.create_table(
        "source_marks",
        *_owner(),
        sa.Column("venue", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("venue_ms", sa.BigInteger, nullable=False),
        sa.Column("served", sa.Boolean, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "venue", "source"),
        sqlite_with_rowid=False,
    )


def _postings() -> None:
    key = ("book_id", "wallet", "asset", "source", "word", "ref", "venue_ms", "change")
    op.create_table(
        "postings",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("wallet", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("change", Money, nullable=False),
        sa.Column("cause", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("instrument", Blank, nullable=False),
        sa.Column("venue_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint(*key, name="postings_once"),
    )
    op.create_index("postings_by_time", "postings", ["book_id", "wallet", "venue_ms"])


def _row_id() -> sa.Column[int]:
    wide = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("row_id", wide, primary_key=True, autoincrement=True)


def _owner() -> list[sa.Column[str]]:
    return [
        sa.Column("book_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
    ]
