"""What some plans have besides: a second venue, darkness, withdrawals that are held."""

from dataclasses import replace
from random import Random

from tests.core.adversary.plan import Item, Plan, Setup

APART = 0.45
"""So many plans have the second perpetual at a venue entry of its own."""
HOLDS = 0.3
"""So many plans hold withdrawals."""
DARK = (
    "account", "account", "all", "rest", "slow",
    "account+rest", "account+slow", "all+rest", "all+rest", "all+slow",
)  # fmt: skip
"""`account`: its stream, `all`: every stream, is lost and dials fail; REST fails, or is slow."""
LENGTHS_MS = (3_000, 8_000, 15_000, 25_000, 40_000)
MEANWHILE = (
    "spot", "spot", "spot", "spot", "deposit", "withdrawal", "manual", "adl", "liquidation", "move",
)  # fmt: skip


def added(plan: Plan) -> Plan:
    """The plan with what its seed adds, drawn apart so that the rest of it stays as it was."""
    rng = Random(plan.seed * 1_000_003 + 17)
    if rng.random() < APART:
        plan = _apart(plan, rng)
    if rng.random() < HOLDS:
        plan = _in_transit(plan, rng)
    return replace(plan, items=tuple(sorted(plan.items, key=lambda item: item.at)))


def _apart(plan: Plan, rng: Random) -> Plan:
    items = [replace(item, how=_place(item, rng)) for item in plan.items]
    for _ in range(rng.choice((0, 1, 1, 1, 1, 2))):
        venue = rng.choice(("perp", "perp", "perp", "alt", "alt", "spot"))
        at, ms = rng.randint(3_000, 20_000), rng.choice(LENGTHS_MS)
        items.append(Item("dark", at, ms, how=f"{venue}:{rng.choice(DARK)}"))
        items += [_meanwhile(rng, at, ms) for _ in range(rng.choice((1, 1, 2, 3)))]
    return replace(plan, setup=_setup(plan.setup, rng), items=tuple(items))


def _in_transit(plan: Plan, rng: Random) -> Plan:
    """Withdrawals are held; every one that the plan has already has no record."""
    items = [_recordless(item) for item in plan.items]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        item = _withdraw(rng)
        items.append(item)
        if rng.random() < 0.4:
            size = rng.choice(("1", "1", "0.995", "0.5"))
            after_ms = rng.choice((300, 2_000, 9_000, 20_000))
            items.append(Item("arrive", item.at + after_ms, 0, size, rng.choice(("last", "all"))))
        if rng.random() < 0.3:
            at = item.at + rng.choice((-300, 100, 1_000, 4_000, 12_000, 25_000))
            items.append(Item("kill", at, rng.choice((50, 400, 2_500)), how="now"))
        if rng.random() < 0.2:
            at = item.at + rng.choice((12_000, 20_000, 30_000, 40_000))
            items.append(Item("kill", at, rng.choice((50, 2_500)), how="now"))
        if rng.random() < 0.2:
            items.append(Item("rest_fail", item.at, rng.choice((3_000, 8_000, 25_000))))
    setup = replace(
        plan.setup,
        hold_ms=rng.choice((20_000, 60_000, 3_600_000, 3_600_000)),
        cold=rng.choice(("0", "2")),
    )
    return replace(plan, setup=setup, items=tuple(items))


def _recordless(item: Item) -> Item:
    if item.kind != "withdrawal" or item.how:
        return item
    return replace(item, kind="withdraw", ms=-1, how="free:open")


def _withdraw(rng: Random) -> Item:
    shown_ms = rng.choice((0, 0, 500, 2_000, 4_000, 9_000, 15_000, 19_000, 26_000, -1))
    end = rng.choice(("open", "done", "done", "failed", "failed"))
    end_ms = rng.choice((500, 2_500, 6_000, 12_000, 22_000))
    fee = rng.choice(("free", "inside", "outside"))
    size = str(rng.randint(50, 1_500) / 1_000)
    return Item("withdraw", rng.randint(2_500, 26_000), shown_ms, size, f"{fee}:{end}:{end_ms}")


def _setup(setup: Setup, rng: Random) -> Setup:
    coins = (rng.choice(("0", "0", "0.8")), rng.choice(("0", "0", "0.6")))
    short_2 = rng.choice(("0", "0", "0.5", coins[1]))
    return replace(setup, perps=2, apart=True, coins=coins, short_2=short_2)


def _meanwhile(rng: Random, at: int, ms: int) -> Item:
    """Something happens while a venue is dark, there or elsewhere."""
    kind = rng.choice(MEANWHILE)
    size = rng.choice(("", "-")) + str(rng.randint(30, 1_500) / 1_000)
    if kind == "adl":
        size = "0.6"
    if kind == "move":
        size = rng.choice(("0.01", "-0.03"))
    item = Item(kind, at + rng.randint(-1_000, ms), 20, size)
    return replace(item, how="fill-first" if kind == "spot" else _place(item, rng))


def _place(item: Item, rng: Random) -> str:
    """Where: at the second perpetual (`2`), in a futures wallet (`perp`, `alt`)."""
    match item.kind:
        case "manual" | "adl" | "foreign":
            return rng.choice(("", "2"))
        case "liquidation":
            return rng.choice(("", "2", "coins", "2coins"))
        case "deposit" | "withdrawal":
            return rng.choice(("", "", "perp", "alt"))
        case "dead":
            return rng.choice((item.how, item.how.replace("perp", "alt")))
        case _:
            return item.how
