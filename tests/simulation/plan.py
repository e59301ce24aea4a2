"""What happens in one case: drawn from a seed, written down, so that it can be shrunk."""

import json
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from random import Random

from tests.simulation.coins import COIN, FUTURES


@dataclass(frozen=True, slots=True)
class Item:
    """One disturbance, fault or command."""

    kind: str
    at: int
    """ms from the start, or after the moment that `after` names."""
    ms: int = 0
    """How long a fault lasts, or how late the second half of a disturbance is."""
    size: str = "0"
    """Coins, signed; or a share, or seconds, or ms of skew."""
    how: str = ""
    after: str = ""
    """`accepted:2`: the moment when our second order is in that state. Empty: the start."""
    market: str = ""
    """What it means by `futures`, where the hedge trades it; empty: its first perpetual."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The book, the account and the line, for a whole case."""

    ratio: str = "1"
    band: str = "0.02"
    aim: str = "target"
    cooldown_s: str = "0"
    notional_max: str = "1000000"
    latency_ms: tuple[float, float] = (0.2, 3.0)
    skew_ms: int = 0
    coin: str = "BTC"
    notional_day: str = "50000000"
    late_s: int = 0
    """How much later than usual the world begins: 17,585 s puts a funding time into the middle."""
    spot: str = "2"
    """Coins in the spot wallet at the start."""
    short: str = "2"
    """Coins sold on the first perpetual by hand before the start."""
    trades: str = FUTURES
    """What the hedge trades, by preference: `futures`, `coin-futures`, or both with a `+`."""
    collateral: str = "0"
    """Coins in the COIN-M wallet at the start."""
    short_next: str = "0"
    """Coins sold on the second perpetual by hand before the start."""
    optimal: bool = False
    """The band is computed: `band` is the fixed one, until the first move was seen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A case."""

    seed: int
    setup: Setup
    items: tuple[Item, ...]

    def without(self, index: int) -> "Plan":
        return replace(self, items=self.items[:index] + self.items[index + 1 :])


STATES = ("sent", "accepted", "unknown", "closed")
"""Of an order of ours: it came in; it was carried out and is not answered; its answer was lost; it
was answered."""
AIMS = (7, 7, 4, 2)
"""How often items are aimed at each: what lasts longer is met oftener without."""
LENGTHS = (300, 1_000, 3_000, 6_000)
POINTS = ("now", "before_commit", "after_commit", "after_write", "after_reply", "before_close")
EVENTS = (
    "futures:ORDER_TRADE_UPDATE:1", "futures:ACCOUNT_UPDATE:1", "futures::2", "futures::6",
    "spot:executionReport:1", "spot:outboundAccountPosition:1", "spot::2", "spot::4",
    "spot:balanceUpdate:1",
)  # fmt: skip
Choices = tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]]
DISTURBANCES: dict[str, Choices] = {
    "spot": ((0,), (), ("",)),
    "deposit": ((0,), (), ("",)),
    "withdraw": ((0,), (), ("",)),
    "transfer": ((0, 1, 20, 300, 1_000, 2_000, 3_000), (), ("spot", "futures")),
    "manual": ((0,), (), ("",)),
    "foreign": (LENGTHS, (), ("",)),
    "adl": ((0,), ("0.3", "0.6", "1"), ("CALCULATED", "TRADE")),
    "liquidation": ((0,), ("0.5", "1"), ("",)),
}
"""How long or late, how much (nothing: some coins), in which way."""
FAULTS: dict[str, Choices] = {
    "drop_reply": ((0,), ("0",), ("",)),
    "late_reply": ((500, 4_000, 11_000), ("0",), ("",)),
    "late_request": ((300, 1_500, 2_900, 5_000), ("0",), ("",)),
    "cut_early": ((300, 1_500, 2_500), ("0",), ("",)),
    "fail_after": ((0,), ("0",), ("-1007", "-1006", "0")),
    "refuse": ((1_000, 3_000, 6_000), ("0",), ("429", "418", "-1008", "503")),
    "thin": (LENGTHS, ("0", "0.3", "0.6", "0.9"), ("",)),
    "reads_fail": (LENGTHS, ("0",), ("",)),
    "reads_slow": (LENGTHS, ("0.3", "1", "4"), ("",)),
    "stale": ((3_000, 6_000), ("1", "3", "5"), ("",)),
    "lose": ((3_000, 6_000), ("0",), EVENTS),
    "duplicate": ((0,), ("0",), EVENTS),
    "reorder": ((300, 2_000), ("0",), EVENTS),
    "delay": ((50, 400, 2_000, 4_000), ("0",), EVENTS),
    "mute": (
        (1_500, 4_000, 8_000),
        ("0",),
        tuple(
            f"{m}:{c}:{p}"
            for m in ("spot", "futures")
            for c in ("user", "market")
            for p in ("silent", "pongs")
        ),
    ),
    "cut": (
        (0,),
        (),
        tuple(
            f"{m}:{c}:{then}"
            for m in ("spot", "futures")
            for c in ("user", "market")
            for then in ("", "changed")
        ),
    ),
    "key_expiry": ((0,), ("0",), ("",)),
    "spot_end": ((0,), ("0",), ("",)),
    "maintenance": ((1_000, 4_000), ("0",), ("",)),
    "skew": ((3_000, 8_000), ("1200", "-1200", "5000", "-5000"), ("",)),
    "freeze_mark": ((3_000, 12_000), ("0",), ("",)),
    "gap": ((3_000, 12_000), ("0",), ("",)),
    "wick": ((500, 2_000), ("0.01", "-0.03", "0.3", "-0.3"), ("",)),
    "position_mode": (LENGTHS, ("0",), ("",)),
    "margin_type": (LENGTHS, ("0",), ("",)),
    "leverage": (LENGTHS, ("0",), ("",)),
    "blackhole": (LENGTHS, ("0",), ("in", "out", "both")),
    "journal_slow": (LENGTHS, ("0.05", "0.4", "2"), ("",)),
    "journal_full": (LENGTHS, ("0",), ("",)),
    "journal_locked": ((300, 1_000, 3_000), ("0",), ("",)),
    "kill": ((50, 400, 2_500), ("0",), POINTS),
    "second_daemon": ((3_000,), ("0",), ("",)),
    "pause": (LENGTHS, ("0",), ("",)),
    "reduce": (LENGTHS, ("0",), ("",)),
    "flatten": (LENGTHS, ("0",), ("",)),
}
UNCLEAR = {
    "lose", "reorder", "delay", "mute", "cut", "key_expiry", "spot_end", "maintenance",
    "blackhole", "kill", "journal_full", "journal_locked", "second_daemon", "skew", "stale",
}  # fmt: skip
"""What leaves it in doubt whether the stream's word was heard."""
KINDS = {**DISTURBANCES, **FAULTS}
STARTED_MS = 3_000
"""By then the daemon has usually read everything, and hedged what it found."""
LAST_MS = 22_000


def draw(seed: int) -> Plan:
    """A case: a few disturbances, and faults near them or near the orders that they cause.

    What is drawn here in future has a `Random` of its own, `Random(f"{seed}:its name")`, so that
    the rest of a seed stays as it is.
    """
    rng = Random(seed)
    items = [
        drawn_item(rng, rng.choice(tuple(DISTURBANCES)), rng.randint(STARTED_MS, LAST_MS))
        for _ in range(rng.randint(1, 4))
    ]
    if rng.random() < 0.3:
        items.append(_undone(rng, rng.choice(items)))
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4))):
        near = rng.choice(items).at - rng.choice((-50, 0, 1, 50, 500, 2_000))
        items.append(drawn_item(rng, rng.choice(tuple(KINDS)), max(100, near)))
    items += _aimed(Random(f"{seed}:aimed"))
    setup = _setup(rng)
    if setup.notional_day != Setup().notional_day:
        # What a day may open is worth a look only where a process forgets it, and more is wanted.
        items.append(Item("kill", rng.randint(8_000, 14_000), ms=400, how="now"))
        items.append(Item("deposit", rng.randint(4_000, 7_000), size="0.4"))
        items.append(Item("deposit", rng.randint(18_000, LAST_MS), size="0.5"))
    items.sort(key=lambda item: (item.after, item.at))
    return _computed(_redated(drawn_venues(Plan(seed, setup, tuple(items)))))


def _aimed(rng: Random) -> list[Item]:
    """Items at moments of our orders, so that each kind meets an order in each state."""
    items = []
    for _ in range(rng.choice((0, 1, 2, 2, 3, 3))):
        item = drawn_item(rng, rng.choice(tuple(KINDS)), rng.choice((0, 0, 0, 0, 1, 5, 30)))
        if item.kind == "transfer":
            item = replace(item, size=item.size.lstrip("-"))  # the coins begin in the spot wallet
        (state,) = rng.choices(STATES, AIMS)
        items.append(replace(item, after=f"{state}:{rng.choice((1, 1, 2, 2, 3))}"))
    return items


def _setup(rng: Random) -> Setup:
    spot = rng.choice(("2", "2", "0.5", "12"))
    return Setup(
        ratio=rng.choice(("1", "1", "1", "0.5")),
        band=rng.choice(("0.02", "0.02", "0.005", "0.1")),
        aim=rng.choice(("target", "target", "edge", "0.5")),
        cooldown_s=rng.choice(("0", "0", "1", "3")),
        notional_max=rng.choice(("1000000", "1000000", "30000")),
        latency_ms=rng.choice(((0.1, 0.6), (0.2, 3.0), (0.2, 3.0), (5.0, 40.0), (1.0, 120.0))),
        skew_ms=rng.choice((0, 0, 0, 700, -700)),
        coin=rng.choice(("BTC", "BTC", "BTC", "BTC", "PEPE")),
        notional_day=rng.choice(("50000000", "50000000", "50000000", "50000000", "40000")),
        late_s=rng.choice((0, 0, 0, 0, 17_585)),
        spot=spot,
        short=rng.choice((spot, spot, "0")),
    )


STARTING = {"kill", "second_daemon", "journal_full"}
"""After these a daemon may start anew."""
REDATED = 0.15
TRADES = (
    *(FUTURES,) * 10, *(COIN,) * 3, *(f"{FUTURES}+{COIN}",) * 2, *(f"{COIN}+{FUTURES}",) * 2,
)  # fmt: skip
"""What a hedge trades: most often the USDT-M perpetual alone."""


def drawn_venues(plan: Plan) -> Plan:
    """Which perpetuals it is about, from chance of its own: the rest of a plan does not change."""
    rng = Random(f"{plan.seed}:venues")
    setup, trades = plan.setup, rng.choice(TRADES)
    if setup.coin != "BTC" or trades == FUTURES:
        return plan
    collateral = rng.choice(("6", "9")) if Decimal(setup.spot) < 3 else "15"
    total = Decimal(setup.spot) + Decimal(collateral)
    second = total * rng.choice((0, 0, Decimal("0.25"), Decimal("0.5"))) if "+" in trades else 0
    hedged = setup.short != "0"
    setup = replace(
        setup,
        trades=trades,
        collateral=collateral,
        short=str(total - second) if hedged else "0",
        short_next=str(second) if hedged else "0",
    )
    markets = trades.split("+")
    items = tuple(replace(item, market=rng.choice(markets)) for item in plan.items)
    return replace(plan, setup=setup, items=items)


def _redated(plan: Plan) -> Plan:
    """In some plans REST answers of less than a second ago are dated as if they were new.

    They come with a deposit, for which the account is read, just after an order. Older ones could
    not be told from the truth: so long apart are the two readings that must agree before a position
    is adopted. Nor could the first one after a start, which is believed.
    """
    rng = Random(f"{plan.seed}:redated")
    if rng.random() > REDATED or STARTING.intersection(item.kind for item in plan.items):
        return plan
    after = f"accepted:{rng.choice((1, 1, 2, 3))}"
    items = (
        Item("stale", 0, 3_000, "0.9", "redated", after=after),
        Item("deposit", rng.choice((0, 50, 300)), size=_coins(rng).lstrip("-"), after=after),
    )
    return replace(plan, items=(*plan.items, *items))


OPTIMAL = 0.12


def _computed(plan: Plan) -> Plan:
    """In some plans the band is a computed one."""
    if plan.setup.coin != "BTC" or Random(f"{plan.seed}:optimal").random() > OPTIMAL:
        return plan
    return replace(plan, setup=replace(plan.setup, optimal=True))


def _coins(rng: Random) -> str:
    sign = rng.choice(("", "-"))
    if rng.random() < 0.2:
        return f"{sign}{rng.randint(1, 30) / 1_000}"
    return f"{sign}{rng.randint(30, 1_000) / 1_000}"


def _undone(rng: Random, item: Item) -> Item:
    """Soon after a disturbance, much of it is undone by a trade: what was decided is wrong now."""
    other = "" if item.size.startswith("-") else "-"
    size = f"{other}{item.size.lstrip('-')}"
    at = item.at + rng.choice((30, 200, 700, 1_500))
    return replace(item, kind=rng.choice(("spot", "manual")), at=at, size=size, how="", ms=0)


def drawn_item(rng: Random, kind: str, at: int) -> Item:
    """One of that kind, at that ms: how long, how much and in which way is drawn."""
    lengths, sizes, hows = KINDS[kind]
    size = rng.choice(sizes) if sizes else _coins(rng)
    return Item(kind, at, rng.choice(lengths), size, rng.choice(hows))


def written(plan: Plan) -> str:
    return json.dumps(asdict(plan), indent=1)


def read(text: str) -> Plan:
    raw = json.loads(text)
    setup = {**raw["setup"], "latency_ms": tuple(raw["setup"]["latency_ms"])}
    return Plan(raw["seed"], Setup(**setup), tuple(Item(**item) for item in raw["items"]))
