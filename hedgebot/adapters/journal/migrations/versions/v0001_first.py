"""The first schema."""

import sqlalchemy as sa
from alembic import op

from hedgebot.adapters.journal.columns import Blank, Legs, Money, OrderIdText

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    _intents()
    _order_moves()
    _fills()
    _funding()
    _decisions()
    _memory()


def _owner() -> list[sa.Column[str]]:
    return [
        sa.Column("book_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
    ]


def _row_id() -> sa.Column[int]:
    wide = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("row_id", wide, primary_key=True, autoincrement=True)


def _intents() -> None:
    op.create_table(
        "intents",
        *_owner(),
        sa.Column("order_id", OrderIdText, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("lots", sa.BigInteger, nullable=False),
        sa.Column("qty", Money, nullable=False),
        sa.Column("price", Money, nullable=False),
        sa.Column("reduce_only", sa.Boolean, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("mark", sa.Float(53)),
        sa.Column("decided_ms", sa.BigInteger, nullable=False),
        sa.Column("send_before_ms", sa.BigInteger, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("closed_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("book_id", "order_id"),
        sqlite_with_rowid=False,
    )
    still_open = sa.text("closed_ms IS NULL")
    op.create_index("intents_by_time", "intents", ["book_id", "decided_ms"])
    op.create_index(
        "intents_open",
        "intents",
        ["book_id", "order_id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _order_moves() -> None:
    op.create_table(
        "order_moves",
        _row_id(),
        *_owner(),
        sa.Column("order_id", OrderIdText, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("filled_qty", Money, nullable=False),
        sa.Column("venue_order_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("order_moves_by_order", "order_moves", ["book_id", "order_id"])
    op.create_index("order_moves_by_time", "order_moves", ["book_id", "at_ms"])


def _fills() -> None:
    op.create_table(
        "fills",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("trade_id", sa.Text, nullable=False),
        sa.Column("venue_order_id", sa.Text, nullable=False),
        sa.Column("client_order_id", sa.Text, nullable=False),
        sa.Column("order_id", OrderIdText),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("qty", Money, nullable=False),
        sa.Column("price", Money, nullable=False),
        sa.Column("fee", Money, nullable=False),
        sa.Column("fee_asset", sa.Text, nullable=False),
        sa.Column("realized_pnl", Money, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("legs", Legs, nullable=False),
        sa.Column("venue_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("book_id", "account_id", "instrument", "trade_id", name="fills_once"),
    )
    op.create_index("fills_by_time", "fills", ["book_id", "venue_ms"])


def _funding() -> None:
    key = ("book_id", "wallet", "asset", "venue_ms", "instrument", "payment")
    op.create_table(
        "funding",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("wallet", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("payment", Money, nullable=False),
        sa.Column("venue_ms", sa.BigInteger, nullable=False),
        sa.Column("instrument", Blank, nullable=False),
        sa.UniqueConstraint(*key, name="funding_once"),
    )


def _decisions() -> None:
    parts = ("spot", "collateral", "linear", "inverse", "outside", "in_transit", "hedge")
    bounds = ("pending_low", "pending_high", "target", "band_lower", "band_upper")
    op.create_table(
        "decisions",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        *(sa.Column(name, Money, nullable=False) for name in (*parts, *bounds)),
        sa.Column("mark", sa.Float(53)),
        sa.Column("mark_age_ms", sa.BigInteger, nullable=False),
        sa.Column("order_id", OrderIdText),
        sa.Column("instrument", sa.Text),
        sa.Column("lots", sa.BigInteger, nullable=False),
        sa.Column("price", Money),
        sa.Column("cost", Money),
    )


def _memory() -> None:
    _starts_and_controls()
    _counts()
    _beliefs()
    op.create_table(
        "alerts",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("recovered", sa.Boolean, nullable=False),
        sa.Column("delivered", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    undelivered = sa.column("delivered", sa.Boolean) == sa.false()
    op.create_index("alerts_by_key", "alerts", ["book_id", "key"])
    op.create_index(
        "alerts_undelivered",
        "alerts",
        ["book_id", "row_id"],
        sqlite_where=undelivered,
        postgresql_where=undelivered,
    )


def _starts_and_controls() -> None:
    op.create_table(
        "epochs",
        *_owner(),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("adopted", sa.Boolean, nullable=False),
        sa.Column("ended_ms", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "epoch"),
    )
    op.create_table(
        "controls",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("asset", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("expires_ms", sa.BigInteger),
        sa.Column("command_id", sa.Text, nullable=False),
    )


def _counts() -> None:
    op.create_table(
        "counters",
        *_owner(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("window_ms", sa.BigInteger, nullable=False),
        sa.Column("value", Money, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "name", "window_ms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "watermarks",
        *_owner(),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("venue_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "instrument"),
        sqlite_with_rowid=False,
    )


def _beliefs() -> None:
    op.create_table(
        "holdings",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("qty", Money, nullable=False),
        sa.Column("settings_qty", Money, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_table(
        "adoptions",
        _row_id(),
        *_owner(),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("qty_before", Money, nullable=False),
        sa.Column("qty_after", Money, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
