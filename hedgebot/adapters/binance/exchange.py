"""ccxt, kept for what it knows best: URLs, signatures and the names of markets.

Its transport is shut: every request goes through `rest`, every socket through `sockets`. One class
serves every family: signing, URLs and market parsing of `binanceusdm` and `binancecoinm` are those
of `binance`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from ccxt.pro.binance import binance

from hedgebot.adapters.binance.allowed import Endpoint, Forbidden, check_call
from hedgebot.adapters.binance.options import Credentials, Network, VenueOptions
from hedgebot.adapters.binance.signing import BodyRule
from hedgebot.adapters.binance.venue_clock import VenueClock


class Signed(NamedTuple):
    """A request ready to be written. Holds a signature: never log it."""

    method: str
    url: str
    body: str | None
    headers: Mapping[str, str]


class GatedBinance(binance):  # type: ignore[misc]  # ccxt has no types: its base is Any
    """ccxt's Binance behind the gate of `allowed`; no call passes that is not in its tables."""

    dry_run = True
    venue_clock: VenueClock
    rule: BodyRule
    by_rule: dict[tuple[str, str, str], Signed]
    """The first request of each call that the rule signs."""

    def nonce(self) -> int:
        """The timestamp of a signed request: the venue's time, ms."""
        return self.venue_clock.now_ms()

    def sign(
        self,
        path: str,
        api: Any = ("public",),
        method: str = "GET",
        params: Any = None,
    ) -> Any:
        """Sign a call that may be made.

        Raises:
            Forbidden: it may not; nothing was signed.
        """
        section = api if isinstance(api, str) else api[0]
        check_call(section, method, path, dry_run=self.dry_run)
        return super().sign(path, [section], method, params or {})

    async def fetch(self, *_asked: Any, **_named: Any) -> Any:
        """Refuse ccxt's own transport: it would know neither budgets nor outcomes.

        Raises:
            Forbidden: always.
        """
        raise Forbidden("ccxt's own transport is shut: use rest.Rest")


def build(
    options: VenueOptions, credentials: Credentials | None, clock: VenueClock
) -> GatedBinance:
    """An exchange of that network, its URLs moved if the options say so. Opens nothing."""
    keys = {"apiKey": credentials.api_key, "secret": credentials.api_secret} if credentials else {}
    exchange = GatedBinance({**keys, "enableRateLimit": False})
    exchange.dry_run = options.dry_run
    exchange.venue_clock = clock
    exchange.options["recvWindow"] = options.pace.recv_window_ms
    exchange.rule = BodyRule(exchange.secret or "", options.pace.recv_window_ms)
    exchange.by_rule = {}
    # What parse_market reads; margin pairs are not ours.
    exchange.options["crossMarginPairsData"] = []
    exchange.options["isolatedMarginPairsData"] = []
    if options.network is Network.DEMO:
        exchange.enable_demo_trading(enable=True)
    elif options.network is Network.TESTNET:
        exchange.set_sandbox_mode(enabled=True)
    exchange.urls["api"] = _moved(exchange.urls["api"], options)
    return exchange


def sign(exchange: GatedBinance, endpoint: Endpoint, params: Mapping[str, object]) -> Signed:
    """Sign a call of the tables.

    Raises:
        Forbidden: dry-run, and it changes something.
    """
    first = exchange.by_rule.get(endpoint.key)
    if first is not None:
        check_call(*endpoint.key, dry_run=exchange.dry_run)
        return first._replace(body=exchange.rule.body(params))
    made = exchange.sign(endpoint.path, endpoint.section, endpoint.method, dict(params))
    signed = Signed(made["method"], made["url"], made["body"], made["headers"] or {})
    if signed.body and signed.body == exchange.rule.body(params):
        exchange.by_rule[endpoint.key] = signed
    return signed


def serves(exchange: GatedBinance, endpoint: Endpoint) -> bool:
    """Whether this network has the endpoint's section at all (sapi is mainnet's only)."""
    return endpoint.section in exchange.urls["api"]


def _moved(urls: Any, options: VenueOptions) -> Any:
    """Replace scheme, host and port, keep paths, of every URL below."""
    if isinstance(urls, Mapping):
        return {key: _moved(url, options) for key, url in urls.items()}
    new = options.ws_url if str(urls).startswith("ws") else options.rest_url
    if new is None:
        return urls
    place = urlsplit(new)
    return urlunsplit((place.scheme, place.netloc, *urlsplit(urls)[2:]))
