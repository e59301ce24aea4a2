"""What a computed band was solved for: a restart goes on learning."""

import sqlalchemy as sa
from alembic import op

from hedgebot.adapters.journal.columns import Numbers

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    numbers = ("flow", "price", "paid", "band", "ratio")
    op.create_table(
        "learnt",
        sa.Column("book_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        *(sa.Column(name, Numbers, nullable=False) for name in numbers),
        sa.PrimaryKeyConstraint("book_id", "asset"),
        sqlite_with_rowid=False,
    )
