"""The sockets of one venue entry: account, mark, touch; and the wallet reads they ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hedgebot.adapters.binance.account_key import AccountKey
from hedgebot.adapters.binance.dialler import Call, Lost
from hedgebot.adapters.binance.messages import KeyExpired, Notice, StreamEnded, Told, WalletStale
from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.adapters.binance.order_memory import OrderMemory
from hedgebot.adapters.binance.rest import Rest, resync_clock
from hedgebot.adapters.binance.sockets import Line
from hedgebot.adapters.binance.wallet import StaleWallet
from hedgebot.domain.events import BalanceSeen, Channel, Event, OrderSeen
from hedgebot.domain.instruments import Instrument
from hedgebot.ports import Emit

Translate = Callable[[Raw, Names], tuple[Told, ...]]


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
        venue, futures = self.names.venue, self.rest.options.futures
        if futures:
            key = AccountKey(self.rest)
            lines = [Line(venue, Channel.ACCOUNT, self._futures_account(key), self.hear, key.renew)]
        else:
            lines = [Line(venue, Channel.ACCOUNT, self._spot_account, self.hear)]
        if self.instruments and futures:
            lines.append(Line(venue, Channel.MARK, self._prices("markPrice@1s"), self.hear))
        if self.instruments:
            lines.append(Line(venue, Channel.TOUCH, self._prices("bookTicker"), self.hear))
        return tuple(lines)

    def hear(self, message: Raw) -> None:
        """Translate one message, hand its events on, and act on its notices.

        Raises:
            Unsupported: see `messages.translate`.
            Lost: the venue says that nothing comes on this socket any more.
        """
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

    def _futures_account(self, key: AccountKey) -> Any:
        async def dial() -> Call:
            exchange = self.rest.exchange
            return Call(exchange.get_private_ws_url("linear", await key.take()), None)

        return dial

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

    def _prices(self, stream: str) -> Any:
        """Ccxt's path for the stream: the venue splits market and public ones."""
        exchange, channel = self.rest.exchange, stream.partition("@")[0]
        kind = "linear" if self.rest.options.futures else "spot"
        url = exchange.get_ws_url(kind, exchange.get_future_ws_category(channel))
        names = [f"{instrument.market_id.lower()}@{stream}" for instrument in self.instruments]

        async def dial() -> Call:
            return Call(f"{url}/0", {"method": "SUBSCRIBE", "params": names, "id": 1})

        return dial
