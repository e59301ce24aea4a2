"""Lines that a person and a program can read, and that hold no secret, whatever is logged."""

import io
import json
import logging
import re
import string
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TextIO, cast

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.adapters.logs import Redactor, Style, configure, decision_line, url_secrets
from hedgebot.adapters.logs.output import FOREIGN_MAX, LINE_MAX, Pace, Sink
from hedgebot.adapters.logs.render import as_json, as_text
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import DecisionKept
from tests.adapters.journal.samples import PERP, decision, replace

SECRET = 'k3y"with\\odd/chars=&%20 é'
PLAIN = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\nAbCdEfGhIjKlMnOpQrStUv==\n-----END-----"
PLANTED = [SECRET, PLAIN, PEM]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass
class Output:
    stream: io.StringIO
    log: Any

    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture(params=list(Style))
def output(request: pytest.FixtureRequest) -> Output:
    return made(request.param)


def made(style: Style) -> Output:
    stream = io.StringIO()
    configure(style, secrets=PLANTED, stream=stream)
    return Output(stream, structlog.get_logger())


@dataclass
class Holder:
    inside: str


def fail(error: Exception, cause: Exception | None = None) -> None:
    raise error from cause


def raising(log: Any) -> None:
    try:
        fail(ValueError(f"GET /x?signature={PLAIN} with {SECRET}"))
    except ValueError as error:
        log.exception("failed", error=error)


def chained(log: Any) -> None:
    try:
        try:
            fail(KeyError(SECRET))
        except KeyError as error:
            fail(RuntimeError(PEM), error)
    except RuntimeError:
        logging.getLogger("ccxt.base").exception("while %s", {"secret": PLAIN})


INSIDE = f"before {SECRET} after"
LONG = "x" * (LINE_MAX - 20) + PLAIN
POSITIONS: dict[str, Callable[[Any], None]] = {
    "event": lambda log: log.info(INSIDE),
    "value": lambda log: log.info("x", text=SECRET, plain=PLAIN),
    "key": lambda log: log.info("x", **{PLAIN: 1}),
    "nested": lambda log: log.info("x", deep={"a": [{"b": (SECRET, {"c": PLAIN})}]}),
    "nested key": lambda log: log.info("x", deep={SECRET: {PLAIN: 1}}),
    "bytes": lambda log: log.info("x", body=PLAIN.encode()),
    "object": lambda log: log.info("x", it=Holder(SECRET), other=object(), key=Exception(PLAIN)),
    "repr": lambda log: log.info("x", it=repr({"k": SECRET, "p": PEM})),
    "json": lambda log: log.info("x", it=json.dumps({"k": SECRET, "p": PEM})),
    "url": lambda log: log.info("GET https://x/y?k=k3y%22with%5Codd%2Fchars%3D%26%2520%20%C3%A9"),
    "small url": lambda log: log.info("x?k=k3y%22with%5codd%2fchars%3d%26%2520%20%c3%a9"),
    "exception": raising,
    "chained": chained,
    "one line of a key": lambda log: log.info("x MC4CAQAwBQYDK2VwBCIEIJ"),
    "bound": lambda log: log.bind(account=SECRET).info("x"),
    "library": lambda log: logging.getLogger("aiohttp.client").error("no %s", PLAIN),
    "library extra": lambda log: logging.getLogger("sqlalchemy").warning("to %s", [SECRET]),
    "warning": lambda log: warnings.warn(PLAIN, stacklevel=1),
    "credential": lambda log: log.info("x", api_key=PLAIN, headers={"X-MBX-APIKEY": PLAIN}),
    "long": lambda log: log.info(LONG),
}


@pytest.mark.parametrize("position", list(POSITIONS))
def test_a_planted_secret_is_never_read(output: Output, position: str) -> None:
    """Invariant 11."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        POSITIONS[position](output.log)
    said = output.text()
    assert said.endswith("\n"), "nothing was said"
    for part in (PLAIN, PLAIN[:20], "k3y", "odd/chars", "MC4CAQ", "AbCdEfGh"):
        assert part not in said


@pytest.mark.parametrize(
    "said",
    [
        "POST /order?symbol=BTCUSDT&signature=deadbeef01 failed",
        'headers {"X-MBX-APIKEY": "deadbeef01"}',
        "{'apiKey': 'deadbeef01', 'secret': 'deadbeef01'}",
        '{\\"listenKey\\": \\"deadbeef01\\"}',
        "Authorization: Bearer deadbeef01",
        "password=deadbeef01",
        "PASSPHRASE : deadbeef01",
    ],
)
def test_a_credential_that_nobody_planted_is_known_by_its_name(output: Output, said: str) -> None:
    output.log.warning(said, text=said)
    assert "deadbeef01" not in output.text()
    assert output.text().count("***") >= 2


def test_ordinary_words_stay() -> None:
    output = made(Style.JSON)
    output.log.info("alert", key="naked:BTC", text="the order key moved, no secret in it")
    (line,) = output.lines()
    assert line["key"] == "naked:BTC"
    assert line["text"] == "the order key moved, no secret in it"


@given(
    st.text(string.ascii_letters + string.digits + string.punctuation, min_size=8, max_size=64),
    st.text(max_size=20),
    st.sampled_from(list(Style)),
)
def test_any_secret_anywhere(secret: str, around: str, style: Style) -> None:
    redactor = Redactor([secret])
    render = as_json if style is Style.JSON else as_text
    said = {"event": f"{around}{secret}{around}", "deep": {"er": [{"error": {secret: secret}}]}}
    line = redactor(render(redactor.value(said)))
    assert secret not in line
    assert json.dumps(secret)[1:-1] not in line
    assert repr(secret)[1:-1] not in line


def order_decided() -> DecisionKept:
    return replace(
        decision(),
        order_id=OrderId(255),
        instrument=PERP,
        lots=-412,
        price=Decimal("64120.50"),
        cost=Decimal("3.1E+1"),
    )


def test_a_decision_as_json_is_flat_with_units_last() -> None:
    output = made(Style.JSON)
    record = order_decided()
    output.log.info("decision", **decision_line(record, {"committed_ms": 0.12, "sent_ms": 0.4}))
    (line,) = output.lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "decision",
        "level": "info",
        "asset": "BTC",
        "verdict": "trade",
        "reason": "outside the band",
        "text": "BTC: net +0.412: sell 0.412 at 64120.5 or better",
        "net_delta_coin": "0.412",
        "gross_coin": "1.2",
        "spot_coin": "1.2",
        "collateral_coin": "0",
        "linear_coin": "0",
        "inverse_coin": "0",
        "outside_coin": "0",
        "in_transit_coin": "0",
        "hedge_coin": "-0.788",
        "pending_low_coin": "0",
        "pending_high_coin": "0",
        "target_coin": "0",
        "band_lower_coin": "-0.02",
        "band_upper_coin": "0.02",
        "mark_quote": 64125.1,
        "mark_age_ms": 12,
        "instrument": PERP,
        "lots": -412,
        "price_quote": "64120.50",
        "cost_quote": "31",
        "order_id": f"{255:032x}",
        "decided_ms": record.at_ms,
        "latency_committed_ms": 0.12,
        "latency_sent_ms": 0.4,
    }


def test_a_decision_for_a_person_is_one_sentence_and_json_keeps_everything() -> None:
    output = made(Style.CONSOLE)
    output.log.info("decision", **decision_line(order_decided(), {"committed_ms": 0.12}))
    (line,) = output.text().splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} "
        r"BTC: net \+0\.412: sell 0\.412 at 64120\.5 or better",
        line,
    )


def test_what_the_decision_told_is_not_told_again_to_a_person() -> None:
    output = made(Style.CONSOLE)
    text = decision().text
    output.log.info("decision", **decision_line(decision()))
    output.log.info("alert", text=text, key="rebalanced:BTC", recovered=False)
    assert len(output.text().splitlines()) == 1
    output.log.info("alert", text=text, key="rebalanced:BTC", recovered=False)
    output.log.warning("alert", text="no mark", key="naked:BTC", recovered=False)
    output.log.info("alert", text="back in band", key="naked:BTC", recovered=True)
    said = [line[24:] for line in output.text().splitlines()]
    assert said[1:] == [
        f"alert: {text}", "warning alert: no mark", "alert is over: back in band",
    ]  # fmt: skip


def test_an_alert_that_is_more_than_news_is_told_whatever_was_decided() -> None:
    output = made(Style.CONSOLE)
    output.log.info("decision", **decision_line(decision()))
    output.log.critical("alert", text=decision().text, key="naked:BTC")
    assert len(output.text().splitlines()) == 2


def test_json_drops_nothing() -> None:
    output = made(Style.JSON)
    output.log.info("decision", **decision_line(decision()))
    output.log.info("alert", text=decision().text, key="rebalanced:BTC", recovered=False)
    assert [line.get("key") for line in output.lines()] == [None, "rebalanced:BTC"]


def test_other_lines_say_their_fields_and_leave_zeros_out() -> None:
    output = made(Style.CONSOLE)
    output.log.info("started", book="treasury", open_intents=0, hedges=["BTC"])
    assert output.text()[24:] == "started | book=treasury hedges=['BTC']\n"


def test_a_traceback_stands_below_its_line_for_a_person() -> None:
    output = made(Style.CONSOLE)
    raising(output.log)
    first, *rest = output.text().splitlines()
    assert "failed" in first
    assert rest[0].startswith("Traceback")
    assert rest[-1].startswith("ValueError: GET /x?signature=***")


def test_a_name_from_outside_cannot_forge_a_line() -> None:
    output = made(Style.CONSOLE)
    output.log.info("order refused\n2026-01-01 info forged", detail="a\r\nb c")
    output.log.info("refused", reason="\x1b[2J\x9b31m\x07 gone", book="größe")
    first, second = output.text().splitlines()
    assert "a\\r\\nb c" in first
    assert second[24:] == 'refused | reason="\\x1b[2J\\x9b31m\\x07 gone" book=größe'


@pytest.mark.parametrize(
    "odd",
    [OrderId(2**127), "half \ud800", float("nan"), {1: {(2, 3): Decimal("1E-9")}}, object(), b"x"],
)
def test_nothing_that_is_logged_breaks_the_log(output: Output, odd: object) -> None:
    output.log.info("odd", it=odd)
    assert "odd" in output.text()


def test_levels_and_libraries_are_kept_quiet() -> None:
    stream = io.StringIO()
    configure(Style.JSON, level="warning", stream=stream)
    structlog.get_logger().info("not said")
    logging.getLogger("ccxt").info("not said")
    logging.getLogger("aiohttp.access").warning("not said")
    assert stream.getvalue() == ""
    logging.getLogger("ccxt").warning("said")
    line = json.loads(stream.getvalue())
    assert line["event"] == "said"
    assert line["logger"] == "ccxt"
    assert line["level"] == "warning"


def test_configuring_twice_says_things_once() -> None:
    made(Style.JSON)
    output = made(Style.JSON)
    logging.getLogger("ccxt").error("once")
    assert len(output.lines()) == 1


def test_a_library_that_talks_too_much_is_counted() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])

    def record(name: str = "ccxt.base") -> logging.LogRecord:
        return logging.LogRecord(name, logging.ERROR, "f", 1, "lost %s", ("x",), None)

    assert [pace(record()) for _ in range(FOREIGN_MAX + 7)].count(True) == FOREIGN_MAX
    assert pace(record("aiohttp")), "each library has its own share"
    now[0] = 11.0
    after = record()
    assert pace(after)
    assert after.getMessage() == "lost x (and 7 lines before it, not shown)"


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    sink = Sink(Broken())
    structlog.WriteLogger(cast("TextIO", sink)).info("x")
    assert sink.lost == 2


def test_a_terminal_that_knows_no_unicode_gets_the_line_all_the_same() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    configure(Style.CONSOLE, stream=stream)
    structlog.get_logger().info("größer")
    assert b"gr\\xf6\\xdfer" in raw.getvalue()


def test_the_parts_of_an_alert_address_are_secrets() -> None:
    urls = [
        "mailto://ada:hunter2@example.org",
        "tgram://1234567:AbCdEfGh/987",
        "json://127.0.0.1/x",
    ]
    secrets = url_secrets([*urls, "slack://T1JJ3T3L2/A1BRTD4JD/Tp%2FkCDi?k=Zz12345678"])
    assert {*urls, "hunter2", "T1JJ3T3L2", "A1BRTD4JD", "Zz12345678"} <= set(secrets)
    assert not {"example.org", "127.0.0.1", "ada", "x", ""} & set(secrets)
    said = Redactor(urls)("mailto://ada:hunter2@example.org said hunter2 at 127.0.0.1")
    assert said == "*** said *** at 127.0.0.1"
    assert url_secrets(["json://[not/an/address"]) == ("json://[not/an/address",)
