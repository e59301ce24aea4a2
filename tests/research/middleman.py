"""Between a client and a local exchange: passes on, counts, and alters what a test wants."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

Rows = list[Any]
Alter = Callable[[Rows, dict[str, str]], Rows]
"""The rows of an answer and what was asked for, to the rows that are told."""


@dataclass
class Middleman:
    url: str
    behind: str
    counts: Counter[str] = field(default_factory=Counter)
    alter: dict[str, Alter] = field(default_factory=dict)
    """By the last word of the path."""

    async def serve(self, request: web.Request) -> web.Response:
        name = request.path.rpartition("/")[2]
        self.counts[name] += 1
        asked = URL(f"{self.behind}{request.raw_path}", encoded=True)
        async with aiohttp.ClientSession() as http, http.get(asked) as answer:
            body, status = await answer.read(), answer.status
            headers = {k: v for k, v in answer.headers.items() if k.startswith(("X-MBX", "Retry"))}
        if name in self.alter and status == 200:
            body = orjson.dumps(self.alter[name](orjson.loads(body), dict(request.query)))
        return web.Response(
            status=status, body=body, headers=headers, content_type="application/json"
        )


@asynccontextmanager
async def standing_before(behind: str) -> AsyncIterator[Middleman]:
    man = Middleman("", behind)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", man.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    man.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield man
    finally:
        await runner.cleanup()
