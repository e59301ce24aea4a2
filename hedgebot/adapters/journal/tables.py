"""The tables of the journal. Every row belongs to a book and, where it has one, to an account.

Rows that tell what happened are only ever added (order_moves, fills, funding, decisions,
controls, holdings, transits, postings, readings, adoptions, alerts). Rows that tell what is are
replaced (counters, watermarks, transit_marks, source_marks, learnt). The exceptions are two flags
that follow from added rows and spare the start a scan: `intents.closed_ms` and `alerts.delivered`;
and the end of a start, in `epochs`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from hedgebot.adapters.journal.columns import (
    Balances,
    Blank,
    Legs,
    Money,
    Numbers,
    OrderIdText,
    Word,
)
from hedgebot.domain.actions import Severity
from hedgebot.domain.instruments import Side
from hedgebot.domain.ledger import PostingCause, RecordSource
from hedgebot.domain.orders import Cause, Purpose
from hedgebot.domain.records import CloseReason, Phase, TradingState, TransitEnd, Verdict

metadata = MetaData()

Columns = list[Column[object]]


def _owner(*, key: bool = False) -> Columns:
    """Whose row it is; the account is empty where a row belongs to the whole book."""
    return [
        Column("book_id", Text, primary_key=key, nullable=False),
        Column("account_id", Text, nullable=False),
    ]


def _row_id() -> Columns:
    # SQLite numbers rows by itself only for a key whose type is spelt INTEGER.
    wide = BigInteger().with_variant(Integer(), "sqlite")
    return [Column("row_id", wide, primary_key=True, autoincrement=True)]


def _texts(*names: str) -> Columns:
    return [Column(name, Text, nullable=False) for name in names]


def _times(*names: str) -> Columns:
    """UTC, ms."""
    return [Column(name, BigInteger, nullable=False) for name in names]


def _money(*names: str) -> Columns:
    return [Column(name, Money, nullable=False) for name in names]


epochs = Table(
    "epochs",
    metadata,
    *_owner(key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    *_times("at_ms"),
    # The venue knew this epoch or one below it, and the journal did not: no start of ours.
    Column("adopted", Boolean, nullable=False),
    Column("ended_ms", BigInteger),
    *_texts("error"),
)

intents = Table(
    "intents",
    metadata,
    *_owner(key=True),
    Column("order_id", OrderIdText, primary_key=True),
    *_texts("asset", "instrument"),
    Column("side", Word(Side), nullable=False),
    Column("lots", BigInteger, nullable=False),
    *_money("qty", "price"),
    Column("reduce_only", Boolean, nullable=False),
    Column("purpose", Word(Purpose), nullable=False),
    Column("mark", Float(53)),
    *_times("decided_ms", "send_before_ms"),
    Column("dry_run", Boolean, nullable=False),
    Column("closed_ms", BigInteger),
    sqlite_with_rowid=False,
)
Index("intents_by_time", intents.c.book_id, intents.c.decided_ms)
Index(
    "intents_open",
    intents.c.book_id,
    intents.c.order_id,
    sqlite_where=intents.c.closed_ms.is_(None),
    postgresql_where=intents.c.closed_ms.is_(None),
)

order_moves = Table(
    "order_moves",
    metadata,
    *_row_id(),
    *_owner(),
    Column("order_id", OrderIdText, nullable=False),
    *_times("at_ms"),
    Column("phase", Word(Phase), nullable=False),
    *_money("filled_qty"),
    *_texts("venue_order_id"),
    Column("reason", Word(CloseReason)),
    *_texts("detail"),
)
Index("order_moves_by_order", order_moves.c.book_id, order_moves.c.order_id)
Index("order_moves_by_time", order_moves.c.book_id, order_moves.c.at_ms)

fills = Table(
    "fills",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("instrument", "trade_id", "venue_order_id", "client_order_id"),
    Column("order_id", OrderIdText),
    Column("side", Word(Side), nullable=False),
    *_money("qty", "price", "fee"),
    *_texts("fee_asset"),
    *_money("realized_pnl"),
    Column("cause", Word(Cause), nullable=False),
    Column("legs", Legs, nullable=False),
    *_times("venue_ms"),
    UniqueConstraint("book_id", "account_id", "instrument", "trade_id", name="fills_once"),
)
Index("fills_by_time", fills.c.book_id, fills.c.venue_ms)

funding = Table(
    "funding",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("wallet", "asset"),
    *_money("payment"),
    *_times("venue_ms"),
    Column("instrument", Blank, nullable=False),
    # The payment is part of the key: where a venue does not name the instrument, two payments
    # of one moment differ in nothing else, and neither may be lost.
    UniqueConstraint(
        "book_id", "wallet", "asset", "venue_ms", "instrument", "payment", name="funding_once"
    ),
)

decisions = Table(
    "decisions",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("asset"),
    Column("verdict", Word(Verdict), nullable=False),
    *_texts("reason", "text"),
    *_money("spot", "collateral", "linear", "inverse", "outside", "in_transit", "hedge"),
    *_money("pending_low", "pending_high", "target", "band_lower", "band_upper"),
    Column("mark", Float(53)),  # NULL: not a number, no mark was known
    Column("mark_age_ms", BigInteger, nullable=False),
    Column("order_id", OrderIdText),
    Column("instrument", Text),
    Column("lots", BigInteger, nullable=False),
    Column("price", Money),
    Column("cost", Money),
)

controls = Table(
    "controls",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    Column("asset", Text),
    Column("state", Word(TradingState), nullable=False),
    *_texts("by", "reason"),
    Column("expires_ms", BigInteger),
    *_texts("command_id"),
)

counters = Table(
    "counters",
    metadata,
    *_owner(key=True),
    Column("name", Text, primary_key=True),
    Column("window_ms", BigInteger, primary_key=True, autoincrement=False),
    *_money("value"),
    sqlite_with_rowid=False,
)

watermarks = Table(
    "watermarks",
    metadata,
    *_owner(key=True),
    Column("instrument", Text, primary_key=True),
    *_times("venue_ms"),
    sqlite_with_rowid=False,
)

holdings = Table(
    "holdings",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("label"),
    *_money("qty", "settings_qty"),
    *_texts("by"),
)

transits = Table(
    "transits",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("venue", "record_id", "coin"),
    *_money("qty", "debit"),
    *_times("since_ms"),
    *_money("outside"),
    Column("end", Word(TransitEnd)),
)
Index("transits_by_record", transits.c.book_id, transits.c.venue, transits.c.record_id)

transit_marks = Table(
    "transit_marks",
    metadata,
    *_owner(key=True),
    Column("venue", Text, primary_key=True),
    Column("coin", Text, primary_key=True),
    *_times("venue_ms"),
    sqlite_with_rowid=False,
)

learnt = Table(
    "learnt",
    metadata,
    *_owner(key=True),
    Column("asset", Text, primary_key=True),
    *_times("at_ms"),
    *(Column(name, Numbers, nullable=False) for name in ("flow", "price", "paid", "band", "ratio")),
    sqlite_with_rowid=False,
)

postings = Table(
    "postings",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("wallet", "asset"),
    *_money("change"),
    Column("cause", Word(PostingCause)),  # NULL: the venue's word is not known
    Column("source", Word(RecordSource), nullable=False),
    *_texts("word", "ref"),
    Column("instrument", Blank, nullable=False),
    *_times("venue_ms", "until_ms"),
    # Change and time are part of the key: a record that the venue tells otherwise later is kept
    # too, and shown as disputed.
    UniqueConstraint(
        "book_id", "wallet", "asset", "source", "word", "ref", "venue_ms", "change",
        name="postings_once",
    ),
)  # fmt: skip
Index("postings_by_time", postings.c.book_id, postings.c.wallet, postings.c.venue_ms)

readings = Table(
    "readings",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("wallet"),
    Column("balances", Balances, nullable=False),
    *_times("from_ms", "to_ms"),
)
Index("readings_by_time", readings.c.book_id, readings.c.wallet, readings.c.from_ms)

source_marks = Table(
    "source_marks",
    metadata,
    *_owner(key=True),
    Column("venue", Text, primary_key=True),
    Column("source", Word(RecordSource), primary_key=True),
    *_times("venue_ms"),
    Column("served", Boolean, nullable=False),
    *_texts("failure"),
    sqlite_with_rowid=False,
)

adoptions = Table(
    "adoptions",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("instrument"),
    *_money("qty_before", "qty_after"),
    *_texts("why"),
)

alerts = Table(
    "alerts",
    metadata,
    *_row_id(),
    *_owner(),
    *_times("at_ms"),
    *_texts("key"),
    Column("severity", Word(Severity), nullable=False),
    *_texts("text"),
    Column("recovered", Boolean, nullable=False),
    Column("delivered", Boolean, nullable=False, server_default=false()),
)
Index("alerts_by_key", alerts.c.book_id, alerts.c.key)
Index(
    "alerts_undelivered",
    alerts.c.book_id,
    alerts.c.row_id,
    sqlite_where=alerts.c.delivered == false(),
    postgresql_where=alerts.c.delivered == false(),
)
