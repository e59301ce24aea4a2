"""`/_control`: the control plane over HTTP, with what only Binance has."""

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.ws_api import USER_TOPIC
from hedgebot.sim.control import fate, market, owner, withdrawing
from hedgebot.sim.control.told import Command, Misunderstood, Reach, Told, command
from hedgebot.sim.control.truth import state
from hedgebot.sim.hub import Channel
from hedgebot.sim.market import Immovable
from hedgebot.venue_model.rejections import Rejected


class Control:
    """Serves `GET /_control/state`, `GET /_control/moments` and `POST /_control/<command>`."""

    def __init__(self, reach: Reach, door: Door) -> None:
        self.reach = reach
        self.door = door
        self.commands: dict[str, Command] = {
            **market.COMMANDS,
            **owner.COMMANDS,
            **withdrawing.COMMANDS,
            **fate.COMMANDS,
            "expire_listen_key": command(self.expire_listen_key, "market"),
            "end_spot_stream": command(self.end_spot_stream),
            "announce_maintenance": command(self.announce_maintenance),
            "used_weight": command(self.used_weight, "market weight"),
        }

    async def serve(self, request: web.BaseRequest) -> web.Response:
        """One command or question."""
        name = request.path.rsplit("/", 1)[-1]
        if request.method == "GET":
            return self._read(name)
        wanted = self.commands.get(name)
        if wanted is None:
            return failed(404, f"no command {name}; there are: {', '.join(sorted(self.commands))}")
        try:
            result = self._perform(wanted, await request.read())
        except (Immovable, Misunderstood, Rejected, orjson.JSONDecodeError) as error:
            return failed(400, str(error))
        return answered({"ok": True, "result": result})

    def _read(self, name: str) -> web.Response:
        """The truth, or the traced moments since they were last asked for."""
        if name == "state":
            return answered(state(self.reach.exchange))
        if name == "moments":
            moments = self.reach.exchange.records.moments
            found = list(moments)
            moments.clear()
            return answered(found)
        return failed(404, f"nothing to read at {name}; there are: moments, state")

    def _perform(self, wanted: Command, body: bytes) -> object:
        """Check the fields, then act.

        Raises:
            Misunderstood: the fields are wrong.
            Rejected: the venue refuses.
        """
        fields = orjson.loads(body) if body else {}
        if not isinstance(fields, dict):
            raise Misunderstood("the body is no JSON object")
        unknown = set(fields) - wanted.fields
        if unknown:
            raise Misunderstood(f"unknown fields: {', '.join(sorted(unknown))}")
        return wanted.run(self.reach, Told(fields))

    def expire_listen_key(self, reach: Reach, told: Told) -> object:
        """A futures listen key ends (of `market`, by default USDT-M); its sockets are told and
        then stay open and silent.
        """
        kind, now = told.kind(Kind.LINEAR), reach.exchange.clock.now_ms()
        key = self.door.key_of(kind)
        if not key.valid(now):
            raise Misunderstood("no listen key is valid")
        event = {"e": "listenKeyExpired", "E": now, "listenKey": key.value}
        reach.exchange.hub.publish((kind, key.value), orjson.dumps(event))
        key.close()
        return None

    def end_spot_stream(self, reach: Reach, _: Told) -> object:
        """Every spot user subscription ends; its sockets are told and stay open."""
        hub, now = reach.exchange.hub, reach.exchange.clock.now_ms()
        hub.publish(USER_TOPIC, orjson.dumps({"e": "eventStreamTerminated", "E": now}))
        for socket in list(hub.topics.get(USER_TOPIC, {})):
            hub.unsubscribe(socket, USER_TOPIC)
        return None

    def announce_maintenance(self, reach: Reach, _: Told) -> object:
        """Spot sockets are told that the server will go away soon."""
        event = orjson.dumps({"e": "serverShutdown", "E": reach.exchange.clock.now_ms()})
        for channel in Channel:
            reach.exchange.hub.broadcast(Kind.SPOT, channel, event)
        return None

    def used_weight(self, reach: Reach, told: Told) -> object:
        """Set how much request weight of this minute counts as used."""
        meter = self.door.limits[told.kind()].weight
        meter.roll(reach.exchange.clock.now_ms())
        meter.used = told.number("weight")
        return None


def answered(body: object) -> web.Response:
    """JSON."""
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def failed(status: int, text: str) -> web.Response:
    """A refusal that says why."""
    body = orjson.dumps({"ok": False, "error": text})
    return web.Response(status=status, body=body, content_type="application/json")
