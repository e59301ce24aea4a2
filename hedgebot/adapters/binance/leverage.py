"""Sets leverage where the settings ask for it: the one setting that hedgebot may change."""

from hedgebot.adapters.binance.answers import Ticket
from hedgebot.adapters.binance.rest import ReadFailed, Rest
from hedgebot.adapters.binance.snapshots import Snapshots
from hedgebot.domain.events import ModeName

WITHIN_S = 5.0


async def set_leverage(rest: Rest, snapshots: Snapshots, leverage: int) -> None:
    """Set it for every named instrument that has another one.

    Raises:
        VenueError: the venue could not be read, or refused.
    """
    modes = await snapshots.modes(WITHIN_S)
    present = {mode.instrument: mode.value for mode in modes if mode.name is ModeName.LEVERAGE}
    for instrument in snapshots.instruments.values():
        if present.get(instrument.id) == str(leverage):
            continue
        answer = await rest.send(
            rest.futures.set_leverage,
            {"symbol": instrument.market_id, "leverage": leverage},
            ticket=Ticket(),
            timeout_ms=rest.options.pace.request_ms_max,
        )
        failure = rest.sorted(answer)
        if failure is not None:
            raise ReadFailed(
                f"{rest.options.name}: leverage of {instrument.symbol} could not be set to "
                f"{leverage}: {failure.code} {failure.message}",
                failure,
            )
