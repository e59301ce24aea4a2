"""`[venues.*]`: one account's door to one exchange, and its credentials."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic.json_schema import SkipJsonSchema

from hedgebot.core.policy import VenuePolicy
from hedgebot.domain.instruments import WalletId
from hedgebot.settings.values import Exchange, MarginMode, Name, Network, RestUrl, Whole, WsUrl

TABLE = ConfigDict(
    frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
)
"""Every table: frozen, unknown keys refused, no value in pydantic's own texts."""

OWN_WALLET = {"binance": "spot", "binanceusdm": "futures", "binancecoinm": "coin_futures"}
"""The wallet that an exchange's orders use; it is always counted."""


POLLED_WALLETS = frozenset({"funding", "earn"})
"""Wallets beside spot; no stream tells of them."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The API key of one venue entry. Its repr hides both parts (invariant 11)."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    """An HMAC secret, or a private key in PEM form."""


def _credential(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip():
        raise ValueError("it is empty: write the credential, or remove the variable or file")
    if not text.replace("\n", "").replace("\r", "").isprintable():
        raise ValueError("it holds characters that no key has: copy it again")
    return value


Credential = Annotated[SecretStr, AfterValidator(_credential)]


class VenueTable(BaseModel):
    """One account's door to one exchange."""

    model_config = TABLE

    exchange: Exchange
    """`binance` is spot, `binanceusdm` USDT-margined, `binancecoinm` coin-margined futures."""
    network: Network
    """`local` is `hedgebot sim`, `demo` demo trading, `testnet` spot only, `mainnet` real money."""
    account: Name
    """Entries with the same label are one account: transfers between them net out."""
    wallets: tuple[str, ...] = ()
    """Wallets to count besides the entry's own: `funding` and `earn` (flexible) of spot entries."""
    rest_url: RestUrl | None = None
    """Replaces scheme, host and port of every REST URL of this entry; paths are kept."""
    ws_url: WsUrl | None = None
    """Replaces scheme, host and port of every websocket URL of this entry; paths are kept."""
    leverage: Annotated[Whole, Field(ge=1, le=125)] | None = None
    """Futures only. Verified at start; set only if `set_leverage` is true."""
    set_leverage: bool = False
    """Let hedgebot set `leverage` at the venue; refused in dry-run."""
    margin_mode: MarginMode | None = None
    """Futures only: `cross`, which is also the default. Verified at start."""
    position_mode: Literal["one-way", "hedge"] | None = None
    """Futures only: `one-way`, which is also the default, or `hedge`: positions of two sides.
    Verified at start, never set."""
    allow_custom_url: bool = False
    """On mainnet, a changed URL is refused without it: signed requests go there."""
    allow_withdraw_key: bool = False
    """A key that may withdraw is refused on mainnet without it."""
    api_key: SkipJsonSchema[Credential | None] = Field(default=None, exclude=True)
    """Never in the file: environment or secrets folder."""
    api_secret: SkipJsonSchema[Credential | None] = Field(default=None, exclude=True)
    """Never in the file: environment or secrets folder."""

    @property
    def derivatives(self) -> bool:
        """Whether it trades futures, with collateral, rather than spot."""
        return self.exchange != "binance"

    @property
    def inverse(self) -> bool:
        """Whether its contracts are dollars, settled in the coin."""
        return self.exchange == "binancecoinm"

    @property
    def tells_withdrawals(self) -> bool:
        """Whether withdrawal records can be read: test networks serve none."""
        return not self.derivatives and self.serves_wallets

    @property
    def serves_wallets(self) -> bool:
        """Whether its network has records and wallets besides trading; test networks do not."""
        return self.network in {Network.LOCAL, Network.MAINNET}

    @property
    def counted_wallets(self) -> tuple[str, ...]:
        """Its own wallet first, then the others named."""
        own = OWN_WALLET[self.exchange]
        return (own, *(wallet for wallet in self.wallets if wallet != own))

    def policy(self, name: str) -> VenuePolicy:
        """What decisions need of this entry."""
        return VenuePolicy(
            name=name,
            account=self.account,
            wallets=tuple(WalletId(f"{name}:{wallet}") for wallet in self.counted_wallets),
            polled=tuple(WalletId(f"{name}:{each}") for each in self.counted_wallets[1:]),
            collateral=self.derivatives,
            leverage=self.leverage,
            margin_mode=self.margin_mode or "cross",
            position_mode=self.position_mode or "one-way",
            tells_withdrawals=self.tells_withdrawals,
        )
