"""Recorded history as the venue tells it: bars of trades, marks and index; settled funding.

The venue's past is what its bar files hold, at their own times; a market without a file has none.
Bars of a longer interval are put together from those of a file.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.sim.bars.folder import Track
from hedgebot.sim.bars.naming import Part, Series
from hedgebot.sim.binance.endpoint import Answer, Call
from hedgebot.sim.binance.errors import ApiError, missing
from hedgebot.sim.binance.wire import eight, plain

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
INTERVALS = {
    **{f"{n}m": n * MINUTE_MS for n in (1, 3, 5, 15, 30)},
    **{f"{n}h": n * HOUR_MS for n in (1, 2, 4, 6, 8, 12)},
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
    "1M": 0,
}
"""Lengths by their names; weeks begin on Mondays, months have no one length."""
MONDAY_MS = 4 * DAY_MS
"""The first of them since 1970."""
DEFAULT = 500
ROWS_MAX = {Kind.SPOT: 1_000, Kind.LINEAR: 1_500, Kind.INVERSE: 1_500}
COIN_SPAN_MS = 200 * DAY_MS
"""Source: Binance, COIN-M, kline data: start and end at most 200 days apart."""
FUNDING_ROWS, FUNDING_ROWS_MAX = 100, 1_000
ENDLESS = 2**62


@dataclass(frozen=True, slots=True)
class Wish:
    """Which bars are asked for, both times included."""

    start_ms: int
    end_ms: int
    limit: int
    newest: bool
    """Whether a longer span loses its older bars rather than its newer ones."""
    interval_ms: int


def klines(call: Call) -> Answer:
    """`GET /klines`: bars of trades, oldest first."""
    return _answer(call, Part.PRICE, "symbol")


def mark_klines(call: Call) -> Answer:
    """`GET /markPriceKlines`."""
    return _answer(call, Part.MARK, "symbol")


def index_klines(call: Call) -> Answer:
    """`GET /indexPriceKlines`: named by its pair."""
    return _answer(call, Part.INDEX, "pair")


def futures_weight(params: Mapping[str, str]) -> int:
    """By the limit: 1 below 100 bars, 2 below 500, 5 up to 1,000, 10 above. Source: Binance."""
    text = params.get("limit", "")
    limit = int(text) if text.isdigit() else DEFAULT
    if limit > 1_000:
        return 10
    return 5 if limit >= DEFAULT else 1 if limit < 100 else 2


def _answer(call: Call, part: Part, name: str) -> Answer:
    symbol = _symbol(call, name)
    wish = _wish(call)
    track = call.exchange.tracks.get(Series(call.kind, symbol, part))
    if track is None or not wish.interval_ms or wish.interval_ms % track.step_ms:
        return []
    traded = part is Part.PRICE
    return [_row(call, symbol, bar, wish, traded=traded) for bar in _bars(track, wish, call.now)]


def _symbol(call: Call, name: str) -> str:
    """The market that the request names; a pair of COIN-M stands for its perpetual."""
    text = call.text(name)
    if name == "pair" and call.kind is Kind.INVERSE:
        text = f"{text}_PERP"
    return call.exchange.venue.desk(call.kind).market(text).symbol


def _wish(call: Call) -> Wish:
    """What the request asks for.

    Raises:
        ApiError: -1102, -1120, -1130, -1023 or -1127: a parameter that cannot be.
    """
    interval = INTERVALS.get(call.text("interval"))
    if interval is None:
        raise ApiError(-1120, "Invalid interval.")
    limit = _limit(call, DEFAULT, ROWS_MAX[call.kind])
    start, end = call.number("startTime"), call.number("endTime")
    if start is not None and end is not None and start > end and call.kind is not Kind.SPOT:
        raise ApiError(-1023, "Start time is greater than end time.")
    if call.kind is Kind.INVERSE:
        return _coin_wish(call, start, end, limit=limit, interval_ms=interval)
    newest = start is None
    return Wish(start or 0, ENDLESS if end is None else end, limit, newest, interval)


def _coin_wish(
    call: Call, start: int | None, end: int | None, *, limit: int, interval_ms: int
) -> Wish:
    """COIN-M: one end names the other, 200 days away, and the newest bars are told."""
    if end is None:
        end = call.now if start is None else min(start + COIN_SPAN_MS, call.now)
    if start is None:
        start = end - COIN_SPAN_MS
    if end - start > COIN_SPAN_MS:
        raise ApiError(-1127, "More than 200 days between startTime and endTime.")
    return Wish(start, end, limit, newest=True, interval_ms=interval_ms)


def _limit(call: Call, usual: int, most: int) -> int:
    limit = call.number("limit")
    if limit is None:
        return usual
    if limit < 1 or (limit > most and call.kind is not Kind.SPOT):
        raise ApiError(-1130, "Data sent for parameter 'limit' is not valid.")
    return min(limit, most)


Bar = tuple[int, float, float, float, float, float]


def _bars(track: Track, wish: Wish, now: int) -> list[Bar]:
    """The bars of a file, the one that is still open as it began."""
    length = wish.interval_ms
    shift = MONDAY_MS if length == 7 * DAY_MS else 0
    first = -(-(wish.start_ms - shift) // length) * length + shift
    end = min(wish.end_ms, now)
    times = track.columns[0]
    found: list[Bar] = []
    if wish.newest:
        at = (end - shift) // length * length + shift
        while len(found) < wish.limit and at >= max(first, times[0] - length):
            place = bisect_right(times, at + length - 1)
            if not place:
                break
            at = (int(times[place - 1]) - shift) // length * length + shift
            if at >= first:
                found.append(_bar(track, at, length, now))
            at -= length
        return found[::-1]
    at = first
    while len(found) < wish.limit and at <= end:
        place = bisect_left(times, at)
        if place == len(times):
            break
        at = (int(times[place]) - shift) // length * length + shift
        if at <= end:
            found.append(_bar(track, at, length, now))
        at += length
    return found


def _bar(track: Track, at: int, length: int, now: int) -> Bar:
    times, opens, highs, lows, closes, volumes = track.columns
    low = bisect_left(times, at)
    high = bisect_left(times, at + length)
    if now < at + length:  # still open: nobody knows how it ends
        return at, opens[low], opens[low], opens[low], opens[low], 0.0
    last = closes[high - 1]
    volume = sum(volumes[low:high])
    return at, opens[low], max(highs[low:high]), min(lows[low:high]), last, volume


def _row(call: Call, symbol: str, bar: Bar, wish: Wish, *, traded: bool) -> list[object]:
    at, *prices, volume = bar
    texts = [told(price) for price in prices]
    ends = at + wish.interval_ms - 1
    if not traded:
        return [at, *texts, "0", ends, "0", 60, "0", "0", "0"]
    own, other = told(volume), told(round(volume * prices[3], 8))
    if call.kind is Kind.INVERSE:
        size = call.exchange.venue.desk(call.kind).market(symbol).contract
        own, other = told(round(volume * prices[3] / float(size))), own
    return [at, *texts, own, ends, other, 1, "0", "0", "0"]


def told(value: float) -> str:
    """A number of a file as it stands there, without an exponent; eight decimals or more."""
    exact = Decimal(repr(value))
    return eight(exact) if exact == round(exact, 8) else plain(exact)


def funding_rates(call: Call) -> Answer:
    """`GET /fundingRate`: settled rates, oldest first. Those of a recording are its own."""
    start, end = call.number("startTime") or 0, call.number("endTime")
    limit = _limit(call, FUNDING_ROWS, FUNDING_ROWS_MAX)
    if call.kind is Kind.INVERSE and "symbol" not in call.params:
        raise missing("symbol")
    wanted, markets = call.params.get("symbol"), call.perpetuals.desk.markets
    names = [call.perpetuals.desk.market(wanted).symbol] if wanted else list(markets)
    until = min(call.now, ENDLESS if end is None else end)
    found = [row for name in names for row in _settled(call, name)]
    rows = sorted(
        (row for row in found if start <= row[0] <= until), key=lambda row: (row[0], row[1])
    )
    told_rows = [
        {"symbol": name, "fundingTime": at_ms, "fundingRate": rate, "markPrice": mark}
        for at_ms, name, rate, mark in rows
    ]
    return told_rows[:limit] if "startTime" in call.params else told_rows[-limit:]


def _settled(call: Call, symbol: str) -> list[tuple[int, str, str, str]]:
    track = call.exchange.tracks.get(Series(call.kind, symbol, Part.FUNDING))
    if track is None:
        return [
            (at_ms, name, eight(rate), eight(mark))
            for name, at_ms, rate, mark in call.perpetuals.funding_rates
            if name == symbol
        ]
    marks = call.exchange.tracks.get(Series(call.kind, symbol, Part.MARK))
    times, rates = track.columns
    return [
        (int(at), symbol, told(rate), _mark_at(marks, at))
        for at, rate in zip(times, rates, strict=True)
    ]


def _mark_at(marks: Track | None, at_ms: float) -> str:
    """The mark when it was settled; the venue tells none of old ones."""
    if marks is None:
        return ""
    times, opens = marks.columns[:2]
    place = bisect_right(times, at_ms) - 1
    return told(opens[place]) if place >= 0 and times[place] + marks.step_ms > at_ms else ""
