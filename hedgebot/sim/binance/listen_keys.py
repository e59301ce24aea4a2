"""Listen keys of the futures sides: made, renewed, closed."""

from hedgebot.sim.binance.endpoint import Answer, Call


def open_key(call: Call) -> Answer:
    """`POST listenKey`."""
    return {"listenKey": call.door.key_of(call.kind).open(call.now)}


def renew_key(call: Call) -> Answer:
    """`PUT listenKey`."""
    return {"listenKey": call.door.key_of(call.kind).renew(call.now)}


def close_key(call: Call) -> Answer:
    """`DELETE listenKey`."""
    call.door.key_of(call.kind).close()
    return {}
