"""A file into typed columns, or into the reasons why not."""

from pathlib import Path

import polars as pl

from hedgebot.research.history.findings import HistoryRefused

SUFFIXES = (".parquet", ".csv")
TIMES = ("date", "time", "timestamp", "open_time", "calc_time")
RATES = ("funding_rate", "funding rate", "fundingRate", "last_funding_rate")
VOLUMES = ("volume_base", "volume", "volume_contracts")
"""The first one there is taken."""
PRICES = ("open", "high", "low", "close")
MS_BY_DIGITS = {10: 1_000, 13: 1, 16: 1_000}
"""Digits of an integer time of our days: seconds, milliseconds, microseconds."""


def read_tables(path: Path, name: str) -> dict[str, pl.DataFrame]:
    """The tables of one file by series, typed; several where text columns tell several apart.

    Columns: `at_ms` (Int64, UTC), then of bars `open`, `high`, `low`, `close` and, where it is
    there, `volume`; of funding `funding_rate`. Rows stand as in the file. A column `volume_whole`
    says that the volume comes in whole numbers, or beside one of contracts.

    Raises:
        HistoryRefused: it is no table, lacks columns, or holds what is no price or no time.
    """
    frame = _opened(path)
    wanted = _typed(frame, path.name)
    keys = [column for column in wanted.columns if wanted[column].dtype == pl.String]
    if not keys:
        return {name: wanted}
    parts = wanted.partition_by(keys, as_dict=True, include_key=False, maintain_order=True)
    return {
        "/".join((name, *(str(key).replace("/", "") for key in values))): part
        for values, part in parts.items()
    }


def _opened(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema_length=10_000)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HistoryRefused((f"{path.name}: cannot be read ({reason}): write it anew",)) from error


def _typed(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    missing = _missing(frame.columns)
    if missing:
        there = ", ".join(frame.columns)
        raise HistoryRefused((f"{file}: lacks {missing}; it has {there}",))
    if frame.is_empty():
        raise HistoryRefused((f"{file}: has no rows",))
    time = next(each for each in TIMES if each in frame.columns)
    problems = [_time_problem(frame[time]), *_number_problems(frame)]
    found = tuple(f"{file}: {problem}" for problem in problems if problem)
    if found:
        raise HistoryRefused(found)
    numbers = [pl.col(each).cast(pl.Float64) for each in PRICES if each in frame.columns]
    volume = next((each for each in VOLUMES if each in frame.columns), None)
    if volume and numbers:
        whole = "volume_contracts" in frame.columns or frame[volume].dtype.is_integer()
        numbers += [pl.col(volume).cast(pl.Float64).alias("volume"),
                    pl.lit(whole).alias("volume_whole")]  # fmt: skip
    rate = next((each for each in RATES if each in frame.columns), None)
    if rate and frame[rate].null_count() < frame.height:
        numbers.append(pl.col(rate).cast(pl.Float64).alias("funding_rate"))
    texts = [each for each, kind in frame.schema.items() if kind == pl.String and each != time]
    return frame.select(_milliseconds(frame[time]).alias("at_ms"), *numbers, *texts)


def _missing(columns: list[str]) -> str:
    """What a table of bars or of funding would need, as a text; empty where it is one."""
    lacks = [] if any(each in columns for each in TIMES) else ["a time (date)"]
    if not any(each in columns for each in RATES) or any(each in columns for each in PRICES):
        lacks += [each for each in PRICES if each not in columns]
    return ", ".join(lacks)


def _time_problem(times: pl.Series) -> str:
    if times.null_count():
        return "has rows without a time: take them out"
    if isinstance(times.dtype, pl.Datetime):
        zone = times.dtype.time_zone
        return "" if zone == "UTC" else f"its times are in {zone or 'no zone'}: turn them to UTC"
    if times.dtype == pl.String:
        wrong = times.filter(_instants(times).is_null())
        if wrong.is_empty():
            return ""
        return f"its time {wrong[0]!r} is not UTC: write it as 2021-05-19T13:00:00Z"
    if times.dtype.is_integer():
        digits = times.cast(pl.String).str.len_chars().unique()
        if len(digits) == 1 and digits[0] in MS_BY_DIGITS:
            return ""
    return "its times cannot be told: write seconds, milliseconds or ISO 8601 in UTC"


def _number_problems(frame: pl.DataFrame) -> list[str]:
    prices = [each for each in PRICES if each in frame.columns]
    rates = [each for each in RATES if each in frame.columns and not _empty(frame[each], prices)]
    volumes = [each for each in VOLUMES if each in frame.columns and prices]
    texts = [
        each for each in (*prices, *rates, *volumes) if not frame[each].dtype.is_numeric()
    ]  # fmt: skip
    if texts:
        return [f"{', '.join(texts)}: not numbers"]
    found = []
    for each in prices:
        good = frame[each].is_finite() & (frame[each] > 0)
        if bad := int((~good.fill_null(value=False)).sum()):
            found.append(f"{each} is not above zero in {bad} rows: take the rows out")
    for each in rates:
        good = frame[each].is_finite().fill_null(value=bool(prices))
        if bad := int((~good).sum()):
            found.append(f"{each} is no number in {bad} rows: take the rows out")
    return found


def _empty(rates: pl.Series, prices: list[str]) -> bool:
    """Of a spot series in a table of several kinds."""
    return bool(prices) and rates.null_count() == rates.len()


def _instants(times: pl.Series) -> pl.Series:
    """Of ISO 8601 texts that say UTC; null where one does not, or is no time."""
    said = times.str.contains(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:?00| UTC)$")
    plain = times.str.replace(r"(Z|\+00:?00| UTC)$", "").str.replace(" ", "T")
    whole = plain.str.replace(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d)$", "${1}:00")
    found = whole.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False)
    return found.set(~said, None)


def _milliseconds(times: pl.Series) -> pl.Series:
    if isinstance(times.dtype, pl.Datetime):
        return times.dt.epoch("ms")
    if times.dtype == pl.String:
        return _instants(times).dt.epoch("ms")
    digits = len(str(times[0]))
    scale = MS_BY_DIGITS[digits]
    whole = times.cast(pl.Int64)
    return whole * scale if digits == 10 else whole // scale
