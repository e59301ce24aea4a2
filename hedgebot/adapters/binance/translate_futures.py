"""USDT-M and COIN-M messages to events. Pure: no clock, no input or output.

Quantities become our own unit: COIN-M tells contracts, and a contract is so many dollars.

A position's mode decides what its rows mean: in one-way mode a row of one side (`positionSide` LONG
or SHORT) is refused by name, in hedge mode each side is told and netted by `position_sides`.
"""

from decimal import Decimal

from hedgebot.adapters.binance import prices
from hedgebot.adapters.binance.causes import EXECUTIONS, TAKEOVERS, cause_of
from hedgebot.adapters.binance.messages import (
    KeyExpired,
    Told,
    Vocabulary,
)
from hedgebot.adapters.binance.messages import (
    translate as translate_any,
)
from hedgebot.adapters.binance.names import SIDES, Names, Raw, flag, moment, number, status
from hedgebot.adapters.binance.position_sides import SideHeld, closes
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    FillSeen,
    FundingSeen,
    ModeName,
    ModeSeen,
    OrderSeen,
    Position,
    PositionSeen,
)
from hedgebot.domain.orders import Fill, Leg, OrderReport, OrderStatus
from hedgebot.errors import Unsupported

MARGIN_MODES = {"cross": "cross", "crossed": "cross", "isolated": "isolated"}


def margin_mode(word: str) -> str:
    """`cross` or `isolated`, in whatever words a message or an answer has it.

    Raises:
        ValueError: a word that is not known.
    """
    found = MARGIN_MODES.get(word.lower())
    if found is None:
        raise ValueError(f"margin mode {word} is not known")
    return found


def expect_mode(position_side: str, names: Names) -> None:
    """Refuse rows of the other position mode than the settings say.

    Raises:
        Unsupported: the row belongs to one side of a two-sided position, or to a one-way one.
    """
    if (position_side != "BOTH") is names.two_sided:
        return
    found, wanted = ("one-way", "hedge") if names.two_sided else ("hedge", "one-way")
    raise Unsupported(
        f"{names.venue}: the account is in {found} mode (positionSide {position_side}): "
        f"set it to {wanted} mode, or set venues.{names.venue}.position_mode"
    )


def futures_legs(names: Names, *, settle: str, realized: Decimal, fee: Leg) -> tuple[Leg, ...]:
    """What a futures fill does to the wallet: realised profit, less the fee in its own coin."""
    if fee.asset == settle or not fee.change:
        return (Leg(wallet=names.wallet, asset=settle, change=realized + fee.change),)
    return (Leg(wallet=names.wallet, asset=settle, change=realized), fee)


def _order_update(message: Raw, names: Names) -> tuple[Told, ...]:
    row = message["o"]
    expect_mode(row.get("ps", "BOTH"), names)
    report = _report(row, names)
    if row["x"] not in EXECUTIONS or not number(row["l"]):
        return (OrderSeen(report),)
    return FillSeen(_fill(row, report, names)), OrderSeen(report)


def _report(row: Raw, names: Names) -> OrderReport:
    qty, filled = names.qty(row["s"], row["q"]), names.qty(row["s"], row["z"])
    takeover_done = row["X"] in TAKEOVERS and filled >= qty
    return OrderReport(
        instrument=names.instrument(row["s"]),
        order_id=names.order_id(row["c"]),
        client_order_id=row["c"],
        venue_order_id=str(row["i"]),
        status=OrderStatus.FILLED if takeover_done else status(row["X"]),
        side=SIDES[row["S"]],
        qty=qty,
        filled_qty=filled,
        price=number(row["p"]),
        reduce_only=flag(row.get("R") or False) or closes(SIDES[row["S"]], row.get("ps")),
        venue_ms=moment(row["T"]),
        reject_reason=row.get("rm") or "",
    )


def _fill(row: Raw, report: OrderReport, names: Names) -> Fill:
    price = number(row["L"])
    if price <= 0:
        raise ValueError("a fill has no price")
    settle = names.market(row["s"]).settle
    fee, fee_asset = number(row.get("n") or 0), row.get("N") or settle
    realized = number(row.get("rp") or 0)
    fee_leg = Leg(wallet=names.wallet, asset=fee_asset, change=-fee)
    return Fill(
        instrument=report.instrument,
        trade_id=str(row["t"]),
        venue_order_id=report.venue_order_id,
        client_order_id=report.client_order_id,
        order_id=report.order_id,
        side=report.side,
        qty=names.qty(row["s"], row["l"]),
        price=price,
        fee=fee,
        fee_asset=fee_asset,
        realized_pnl=realized,
        cause=cause_of(
            report.client_order_id,
            ours=report.order_id is not None,
            word=row["X"],
            calculated=row["x"] == "CALCULATED",
        ),
        legs=futures_legs(names, settle=settle, realized=realized, fee=fee_leg),
        venue_ms=report.venue_ms,
    )


def _account_update(message: Raw, names: Names) -> tuple[Told, ...]:
    update, venue_ms = message["a"], moment(message.get("T") or message["E"])
    reason = str(update.get("m", ""))
    # As by REST: a market listed since the start has no name here; balances beside it count.
    positions = [row for row in update.get("P") or () if row["s"] in names.markets]
    if names.two_sided:  # the venue may tell of the empty one-way position besides
        positions = [row for row in positions if row.get("ps") != "BOTH" or number(row["pa"])]
    for row in positions:
        expect_mode(row.get("ps", "BOTH"), names)
    told: list[Told] = []
    for row in positions:
        told += _position(row, venue_ms, names)
    for row in update.get("B") or ():
        balance = Balance(names.wallet, row["a"], number(row["wb"]), venue_ms)
        told.append(BalanceSeen(balance, reason))
        if reason == "FUNDING_FEE":
            told.append(_funding(row, positions, venue_ms, names))
    return tuple(told)


def _position(row: Raw, venue_ms: int, names: Names) -> tuple[Told, ...]:
    instrument = names.instrument(row["s"])
    held = names.market(row["s"]).held(names.qty(row["s"], row["pa"]), number(row.get("ep") or 0))
    position = Position(instrument, *held, venue_ms)
    seen: Told = SideHeld(row["ps"], position) if names.two_sided else PositionSeen(position)
    word = row.get("mt")
    if not word or instrument not in names.named:
        return (seen,)
    # A change of margin mode shows here only: there is no message of its own.
    mode = ModeSeen(names.venue, ModeName.MARGIN_MODE, margin_mode(word), instrument)
    return seen, mode


def _funding(row: Raw, positions: list[Raw], venue_ms: int, names: Names) -> FundingSeen:
    # Crossed positions: the balance alone; isolated ones: with their position.
    instrument = names.instrument(positions[0]["s"]) if len(positions) == 1 else None
    return FundingSeen(names.wallet, row["a"], number(row["bc"]), venue_ms, instrument)


def _account_config(message: Raw, names: Names) -> tuple[Told, ...]:
    if "ai" in message:
        value = "multi" if flag(message["ai"]["j"]) else "single"
        return (ModeSeen(names.venue, ModeName.ASSETS_MODE, value),)
    row = message["ac"]
    instrument = names.instrument(row["s"])
    if instrument not in names.named:
        return ()
    return (ModeSeen(names.venue, ModeName.LEVERAGE, str(int(row["l"])), instrument),)


def _listen_key_expired(_message: Raw, _names: Names) -> tuple[Told, ...]:
    return (KeyExpired(),)


VOCABULARY = Vocabulary(
    readers={
        "ORDER_TRADE_UPDATE": _order_update,
        "ACCOUNT_UPDATE": _account_update,
        "ACCOUNT_CONFIG_UPDATE": _account_config,
        "listenKeyExpired": _listen_key_expired,
        "markPriceUpdate": prices.mark,
        "bookTicker": prices.touch,
    },
    ignored={
        "TRADE_LITE": "an early copy of ORDER_TRADE_UPDATE without its fee and state",
        "MARGIN_CALL": "positions and balances come by ACCOUNT_UPDATE",
        "ALGO_UPDATE": "a conditional order is no open order until it is triggered",
        "CONDITIONAL_ORDER_TRIGGER_REJECT": "a conditional order that did not become an order",
        "STRATEGY_UPDATE": "the venue's own trading bots; their orders come by name",
        "GRID_UPDATE": "the venue's own trading bots; their orders come by name",
        "24hrTicker": "not subscribed",
        "aggTrade": "not subscribed",
        "depthUpdate": "not subscribed",
        "forceOrder": "not subscribed: liquidations of others",
        "kline": "not subscribed",
        "trade": "not subscribed",
    },
)


def translate(message: Raw, names: Names) -> tuple[Told, ...]:
    """What one futures message says; see `messages.translate`."""
    return translate_any(message, names, VOCABULARY)
