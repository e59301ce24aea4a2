"""Returns of a holding and its hedge over the same times, by a stated convention."""

from datetime import timedelta

import polars as pl

from hedgebot.core.min_variance import NOTHING, Moments, seen


def paired_returns(
    spot: pl.DataFrame, hedge: pl.DataFrame, *, frozen: bool, step: timedelta | None = None
) -> pl.DataFrame:
    """Logarithmic returns of the closes, from bar to bar of those that both have.

    Args:
        spot: bars of the holding: `date`, `high`, `low`, `close`, `volume`.
        hedge: bars of the hedge, the same.
        frozen: keep bars in which nothing traded and the price stood still. They are outages, and
            read as a basis that was not there.
        step: only returns over exactly this time; None bridges gaps with one return.

    Returns:
        `date` of the later bar, `spot`, `hedge`.
    """
    bars = [each if frozen else each.filter(~_frozen()) for each in (spot, hedge)]
    one, other = (each.select(pl.col("date").dt.cast_time_unit("us"), "close") for each in bars)
    joined = one.join(other, on="date", suffix="_hedge").sort("date")
    returns = joined.select(
        "date",
        pl.col("close").log().diff().alias("spot"),
        pl.col("close_hedge").log().diff().alias("hedge"),
        pl.col("date").diff().alias("over"),
    ).slice(1)
    kept = returns if step is None else returns.filter(pl.col("over") == step)
    return kept.drop("over")


def moments_of(returns: pl.DataFrame) -> Moments:
    """Of all returns, none forgotten."""
    moments = NOTHING
    for spot, hedge in returns.select("spot", "hedge").iter_rows():
        moments = seen(moments, spot, hedge, 1.0)
    return moments


def _frozen() -> pl.Expr:
    return (pl.col("volume") == 0) & (pl.col("high") == pl.col("low"))
