"""Alerts to tell, notifiers to tell them with, and addresses that are functions."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from hedgebot.adapters.alerts import Address, AppriseNotifier, Writer, addresses_of
from hedgebot.adapters.alerts.letter import Letter
from hedgebot.domain.actions import Alert, Severity

INFO, WARNING, CRITICAL = Severity
NOW_MS = 1_700_000_000_000


def alert(text: str = "BTC is naked", severity: Severity = CRITICAL, *, key: str = "key") -> Alert:
    return Alert(severity, key, text, at_ms=NOW_MS)


def writer(now_ms: int = NOW_MS) -> Writer:
    return Writer("treasury", lambda: now_ms)


@dataclass
class Told:
    """A notifier, and what it says need not go out again."""

    notifier: AppriseNotifier
    settled: list[Alert]

    def send(self, *alerts: Alert) -> None:
        for each in alerts:
            self.notifier.send(each)

    async def close(self, timeout_s: float = 3) -> None:
        await self.notifier.close(timeout_s)

    def texts(self) -> list[str]:
        return [each.text for each in self.settled]


def told_by(addresses: tuple[Address, ...], **changes: Any) -> Told:
    settled: list[Alert] = []
    changes = {"settle": settled.extend, **changes}
    return Told(AppriseNotifier(addresses, writer(), **changes), settled)


def told_at(*urls: str, least: Severity = INFO, **changes: Any) -> Told:
    return told_by(addresses_of(urls, least=least), **changes)


@dataclass
class Ear:
    """An address that remembers what it was told; `deaf` says which texts it does not take."""

    deaf: Callable[[str], bool] = lambda _text: False
    pause_s: float = 0.0
    letters: list[Letter] = field(default_factory=list)

    def __call__(self, letter: Letter) -> str:
        time.sleep(self.pause_s)
        if self.deaf(letter.text):
            return "deaf"
        self.letters.append(letter)
        return ""

    def texts(self) -> list[str]:
        return [letter.text for letter in self.letters]

    def address(self, name: str = "alerts.urls[0]", least: Severity = INFO) -> Address:
        return Address(name, self, least)


async def until(met: Callable[[], object], seconds: float = 5.0) -> None:
    for _ in range(int(seconds / 0.01)):
        if met():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to that")
