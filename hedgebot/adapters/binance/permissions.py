"""What a key may do, as far as the venue tells; a key that may withdraw is refused on mainnet."""

from collections.abc import Mapping

from hedgebot.adapters.binance import allowed
from hedgebot.adapters.binance.options import Network
from hedgebot.adapters.binance.rest import Rest
from hedgebot.errors import Unsupported, VenueError

WITHIN_S = 5.0
WITHDRAW = "enableWithdrawals"


async def read_permissions(rest: Rest) -> dict[str, bool] | None:
    """The key's flags; None where the venue does not tell (test networks serve no `sapi`)."""
    try:
        answer = await rest.read(allowed.RESTRICTIONS, within_s=WITHIN_S)
    except VenueError:
        return None
    if not isinstance(answer, Mapping):
        return None
    return {str(key): value is True for key, value in answer.items()}


async def refuse_withdrawing_key(rest: Rest) -> None:
    """On mainnet, where coins are worth something: a key that may move them out is not used.

    Raises:
        Unsupported: the key may withdraw, or the venue does not tell, and the settings do not
            allow it by name.
    """
    options = rest.options
    if options.network is not Network.MAINNET or options.allow_withdraw_key:
        return
    flags = await read_permissions(rest)
    if flags is not None and not flags.get(WITHDRAW, False):
        return
    found = "may withdraw" if flags else "may or may not withdraw: the venue does not tell"
    raise Unsupported(
        f"venues.{options.name}: this key {found}: make one without withdrawals, or set "
        f"venues.{options.name}.allow_withdraw_key = true"
    )
