"""What a person does about each kind of alert. Every kind that the decision raises is named here.

A kind is what stands before the first colon of an alert's key: `naked` of `naked:BTC`.
"""

MORE_MARGIN = "move margin into the wallet of the futures; what is missing is then hedged by itself"
SHUT_GATES = (
    ("foreign open order", "cancel that order at the venue, or set allow_foreign_orders"),
    ("the journal is failing", "mend its disk: full, read-only or gone"),
    ("change it at the venue", "put it back at the venue; trading goes on by itself"),
    ("is silent", "see whether the venue can be reached; hedgebot dials it again by itself"),
    ("mark of", "see whether the venue's market is open; hedge by hand if it stays shut"),
    ("touch of", "see whether the venue's market is open; hedge by hand if it stays shut"),
    ("-2019", MORE_MARGIN),
    ("margin of", MORE_MARGIN),
    ("refused", "read the venue's words; hedge by hand if it goes on refusing"),
    ("is reached", "see whether something trades in circles, before raising the cap"),
    ("pending amount", "see whether the venue answers reads of every wallet"),
    ("differs from our fills", "compare the position at the venue with `hedgebot journal fills`"),
    ("one order outstanding", "see whether the venue can be reached; never send it by hand"),
    ("did not fill", "see the venue's order book; raise slippage_urgent if it is that thin"),
    ("read", "see whether the venue answers reads of the account"),
)
"""By words of the reason why a hedge does not trade, first match wins."""
SHUT_OTHERWISE = "open the gate that it names, or hedge by hand"
HALTED = "`hedgebot resume` when its cause is mended; until then nothing is hedged"

REMEDIES = {
    "adl": "nothing: the hedge is rebuilt by itself; less leverage makes it rarer",
    "adopted": "find out who or what changed the position",
    "band": "nothing: it is tried again every minute; set a fixed band if it lasts",
    "cap": "see whether something trades in circles, before raising the cap",
    "control": "",
    "drift": "compare the position at the venue with `hedgebot journal fills`",
    "ended": "read the last lines of its log; see that the supervisor starts it again",
    "epoch": "see that no other daemon trades this account",
    "fault": "trading goes on by itself once it is mended",
    "fee": "see whether the key may read; or set `fee` of its hedges.optimal",
    "feed": "see whether the venue can be reached; hedgebot dials it again by itself",
    "foreign": "cancel that order at the venue, or set allow_foreign_orders",
    "foreign-fill": "find out who trades this account beside hedgebot",
    "halt": HALTED,
    "late-fill": "",
    "liquidation": "move margin into the wallet of the futures, now",
    "lost-row": "see whether the journal was restored from a copy",
    "margin": MORE_MARGIN,
    "moved": "",
    "naked": SHUT_OTHERWISE,
    "never-arrived": "see whether the venue can be reached; a new order is made by itself",
    "pending": "see whether the venue answers reads of that wallet",
    "read": "see whether the venue can be reached and the key may read",
    "rebalanced": "",
    "refused": "read the venue's words; hedge by hand if it goes on refusing",
    "reopened": "see at the venue that it is cancelled, and that no other daemon trades there",
    "settlement": "",
    "slippage": "see the venue's order book",
    "start": "look the order up at the venue",
    "transit": "`hedgebot holdings set` once the coins are elsewhere",
    "transit-over": "",
    "unexplained": "find out who moved those coins, and where to",
    "unknown": "see whether the venue can be reached; hedgebot goes on asking; send none by hand",
    "withdrawals": "see whether the key may read withdrawals; compare the position with the coins",
}
"""By kind; empty where there is nothing to do."""


def kind_of(key: str) -> str:
    """The kind of an alert's key."""
    return key.partition(":")[0]


def gate_remedy(reason: str, *, halted: bool = False) -> str:
    """What opens the gate that keeps a hedge from trading."""
    found = (remedy for words, remedy in SHUT_GATES if words in reason)
    return next(found, HALTED if halted else SHUT_OTHERWISE)


def advised(key: str, text: str, remedy: str = "") -> str:
    """The text with what to do at its end."""
    remedy = remedy or REMEDIES.get(kind_of(key), "")
    return f"{text}. To do: {remedy}" if remedy else text
