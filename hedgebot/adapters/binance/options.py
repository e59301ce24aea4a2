"""What a Binance venue entry is told: options, and credentials that never show themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from hedgebot.domain.instruments import WalletId
from hedgebot.domain.multipliers import Bundle
from hedgebot.errors import Unsupported

Family = Literal["binance", "binanceusdm", "binancecoinm"]
"""ccxt's names of the venue families."""
WALLETS = {"binance": "spot", "binanceusdm": "futures", "binancecoinm": "coin_futures"}
"""The wallet of each exchange that its orders use."""
POLLED = frozenset({"funding", "earn"})
"""Wallets that spot entries may count too."""


class Network(StrEnum):
    """Which of Binance's worlds; `local` is mainnet's paths on a loopback server."""

    LOCAL = "local"
    DEMO = "demo"
    TESTNET = "testnet"
    MAINNET = "mainnet"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key. Its repr hides both parts (invariant 11)."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    """An HMAC secret, or an RSA or Ed25519 private key in PEM form."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Times of the sockets and requests, ms."""

    recv_window_ms: int = 3_000
    """The venue refuses a signed request that is older."""
    request_ms_max: int = 5_000
    ping_every_ms: int = 2_500
    """Below 3 s, so that a quiet socket proves itself at least every 3 s."""
    pong_ms_max: int = 2_500
    dial_ms_max: int = 3_000
    redial_ms_min: int = 200
    redial_ms_max: int = 2_000
    """With the dial itself, a healed network is used again within 5 s."""
    listen_key_renew_ms: int = 20 * 60_000
    """A listen key lives 60 minutes."""
    clock_every_ms: int = 10_000
    """The clock offset is measured on the order connection, which keeps it warm."""
    fees_every_ms: int = 86_400_000
    """The venue sets tiers once a day."""
    fees_again_ms: int = 900_000
    """After a reading of the fees that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """One venue entry of the settings."""

    name: str
    account: str
    exchange: Family
    network: Network
    symbols: tuple[str, ...] = ()
    """ccxt symbols that the settings name: what may be traded here."""
    wallets: tuple[str, ...] = ()
    """To count; the entry's own is, named or not."""
    rest_url: str | None = None
    """Replaces scheme, host and port of every REST URL; paths are kept."""
    ws_url: str | None = None
    """Replaces scheme, host and port of every websocket URL; paths are kept."""
    leverage: int | None = None
    """Expected; set at the venue only if `set_leverage`."""
    set_leverage: bool = False
    margin_mode: str = "cross"
    position_mode: str = "one-way"
    """Or `hedge`: a long and a short side of every position. Expected, never set."""
    allow_withdraw_key: bool = False
    dry_run: bool = False
    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    """Multiplied bases besides the shipped ones: a user's alias of a name like 1000X."""
    pace: Pace = Pace()

    @property
    def futures(self) -> bool:
        """Whether it is futures rather than spot."""
        return self.exchange != "binance"

    @property
    def inverse(self) -> bool:
        """Whether it is COIN-M: contracts of dollars, settled in the coin."""
        return self.exchange == "binancecoinm"

    @property
    def two_sided(self) -> bool:
        """Whether positions have two sides (hedge mode)."""
        return self.futures and self.position_mode == "hedge"

    @property
    def wallet(self) -> WalletId:
        """The wallet that this entry's orders use.

        Raises:
            Unsupported: `wallets` names one that is not built.
        """
        own = WALLETS[self.exchange]
        for wallet in self.wallets:
            if wallet != own and (self.futures or wallet not in POLLED):
                raise Unsupported(
                    f"venues.{self.name}.wallets: {wallet} is not built yet: "
                    f"remove it, {self.exchange} has {own}"
                )
        return WalletId(f"{self.name}:{own}")

    @property
    def polled(self) -> tuple[WalletId, ...]:
        """Wallets to count besides its own; no stream tells of them."""
        own = WALLETS[self.exchange]
        return tuple(WalletId(f"{self.name}:{each}") for each in self.wallets if each != own)
