"""The sockets of one venue entry: account, mark, touch; and the wallet reads they ask for.

Each is dialled at the address that ccxt dials. Where that one is not served, the older ones are
tried: a venue of before April 2026 has one address for all kinds of futures streams.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from hedgebot.adapters.binance.account_key import AccountKey
from hedgebot.adapters.binance.dialler import Call, Lost
from hedgebot.adapters.binance.messages import KeyExpired, Notice, StreamEnded, Told, WalletStale
from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.adapters.binance.order_memory import OrderMemory
from hedgebot.adapters.binance.position_sides import SideHeld
from hedgebot.adapters.binance.rest import Rest, resync_clock
from hedgebot.adapters.binance.sockets import Line, Roads
from hedgebot.adapters.binance.touches import Touches
from hedgebot.adapters.binance.wallet import StaleWallet
from hedgebot.domain.events import BalanceSeen, Channel, Event, OrderSeen, PositionSeen
from hedgebot.domain.instruments import Instrument
from hedgebot.ports import Emit

Translate = Callable[[Raw, Names], tuple[Told, ...]]
Road = Callable[[], Awaitable[Call]]

KINDS = {"binance": "spot", "binanceusdm": "linear", "binancecoinm": "inverse"}
STREAM_QUESTION: Raw = {"id": 9, "method": "LIST_SUBSCRIPTIONS"}
API_QUESTION: Raw = {"id": "alive", "method": "ping"}


@dataclass(slots=True)
class Streams:
    """Makes the lines; `emit` is told what they hear."""

    rest: Rest
    names: Names
    instruments: tuple[Instrument, ...]
    translate: Translate
    wallet: StaleWallet
    memory: OrderMemory
    emit: Emit

    def lines(self) -> tuple[Line, ...]:
        """Every socket this entry needs: prices only for the instruments that are named."""
        lines = [self._account()]
        if self.instruments and self.rest.options.futures:
            lines.append(self._stream(Channel.MARK, self._prices("markPrice@1s")))
        if self.instruments:
            touches = Touches(self.rest, self.names, self.instruments, self.emit)
            noted = replace(self, emit=touches.pass_on)
            line = self._stream(Channel.TOUCH, self._prices("bookTicker"))
            lines.append(line._replace(hear=noted.hear, keep=touches.run))
        return tuple(lines)

    def _account(self) -> Line:
        if self.rest.options.futures:
            key = AccountKey(self.rest)
            line = self._stream(Channel.ACCOUNT, self._futures_account(key))
            return line._replace(keep=key.renew)
        line = self._stream(Channel.ACCOUNT, Roads([self._spot_account]))
        return line._replace(question=API_QUESTION)

    def _stream(self, channel: Channel, roads: Roads) -> Line:
        return Line(self.names.venue, channel, roads, self.hear, STREAM_QUESTION)

    def hear(self, message: Raw) -> None:
        """Translate one message, hand its events on, and act on its notices.

        Raises:
            Unsupported: see `messages.translate`.
            Lost: the venue says that nothing comes on this socket, or not any more.
        """
        if "id" in message and message.get("error"):
            raise Lost("the venue refuses the subscription")
        if "result" in message or ("id" in message and "e" not in message):
            return  # a late answer to a subscription
        for told in self.translate(message, self.names):
            if isinstance(told, Notice):
                self._act(told)
            elif self._matters(told):
                self.emit(told)

    def _act(self, notice: Notice) -> None:
        match notice:
            case WalletStale():
                self.wallet.doubt(notice)
            case SideHeld():
                net = self.wallet.snapshots.sides.hear(notice)
                if net is not None:
                    self.emit(PositionSeen(net))
            case KeyExpired():
                raise Lost("the listen key expired")
            case StreamEnded():
                raise Lost(notice.reason)

    def _matters(self, event: Event) -> bool:
        """Of an order that is neither ours nor on a named instrument only the fills matter."""
        if isinstance(event, BalanceSeen):
            self.wallet.heard(event.balance)
        if not isinstance(event, OrderSeen):
            return True
        self.memory.note(event.report)
        return event.report.order_id is not None or event.report.instrument in self.names.named

    def _futures_account(self, key: AccountKey) -> Roads:
        exchange = self.rest.exchange

        async def fresh() -> str:
            self.wallet.snapshots.sides.forget()
            return await key.take()

        async def own() -> Call:
            return Call(exchange.get_private_ws_url(self.kind, await fresh()), None)

        async def in_path() -> Call:
            return Call(f"{exchange.get_ws_url('linear', 'private')}/{await fresh()}", None)

        async def older() -> Call:
            return Call(f"{exchange.urls['api']['ws']['linear']}/{await fresh()}", None)

        return Roads([own] if self.rest.options.inverse else [own, in_path, older])

    @property
    def kind(self) -> str:
        """What ccxt calls the family's sockets."""
        return KINDS[self.rest.options.exchange]

    async def _spot_account(self) -> Call:
        # A subscription is refused for a wrong timestamp; a reading is cheaper than a redial.
        await resync_clock(self.rest)
        exchange = self.rest.exchange
        hello = {
            "id": "account",
            "method": "userDataStream.subscribe.signature",
            "params": exchange.sign_params({}),
        }
        return Call(exchange.urls["api"]["ws"]["ws-api"]["spot"], hello)

    def _prices(self, stream: str) -> Roads:
        """By a request as ccxt does, or named in the address; the venue splits its futures ones."""
        exchange, channel = self.rest.exchange, stream.partition("@")[0]
        kind = self.kind
        own = exchange.get_ws_url(kind, exchange.get_future_ws_category(channel))
        older = exchange.urls["api"]["ws"][kind]
        names = [f"{instrument.market_id.lower()}@{stream}" for instrument in self.instruments]
        return Roads([road for url in dict.fromkeys((own, older)) for road in _both(url, names)])


def _both(url: str, names: list[str]) -> tuple[Road, Road]:
    """The two ways to subscribe at an address that ends with /ws."""

    async def asked() -> Call:
        return Call(f"{url}/0", {"method": "SUBSCRIBE", "params": names, "id": 1})

    async def named() -> Call:
        return Call(f"{url.removesuffix('/ws')}/stream?streams={'/'.join(names)}", None)

    return asked, named
