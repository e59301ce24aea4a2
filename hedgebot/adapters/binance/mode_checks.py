"""The rows of `hedgebot check` about account settings."""

from collections.abc import Iterator, Sequence

from hedgebot.adapters.binance.options import VenueOptions
from hedgebot.domain.events import ModeName, ModeSeen
from hedgebot.ports import Finding, Standing


def mode_rows(options: VenueOptions, seen: Sequence[ModeSeen]) -> list[Finding]:
    """One for each setting that the venue told of, and for each that it should have."""
    wanted = _wanted(options)
    rows = [_told(options, mode, wanted[mode.name]) for mode in seen if mode.name in wanted]
    return [*rows, *_untold(options, wanted.keys() - {mode.name for mode in seen})]


def _wanted(options: VenueOptions) -> dict[ModeName, str]:
    wanted = {
        ModeName.POSITION_MODE: options.position_mode,
        ModeName.MARGIN_MODE: options.margin_mode,
    }
    if not options.inverse:  # COIN-M has the one mode only
        wanted[ModeName.ASSETS_MODE] = "single"
    if options.leverage:
        wanted[ModeName.LEVERAGE] = str(options.leverage)
    return wanted


def _told(options: VenueOptions, mode: ModeSeen, want: str) -> Finding:
    of = f" of {mode.instrument.partition(':')[2]}" if mode.instrument else ""
    name = f"{_words(mode.name)}{of}"
    if mode.value == want:
        return Finding(options.name, name, Standing.OK, f"{mode.value}, as wanted")
    mend = f"set it to {want} at the venue"
    if mode.name is not ModeName.ASSETS_MODE:
        mend += f", or change `{mode.name}` of venues.{options.name}"
    return Finding(options.name, name, Standing.FAILED, mode.value, mend)


def _untold(options: VenueOptions, names: set[ModeName]) -> Iterator[Finding]:
    for name in sorted(names):
        mend = f"see to it that it is {_wanted(options)[name]}"
        yield Finding(options.name, _words(name), Standing.UNKNOWN, "the venue does not tell", mend)


def _words(name: ModeName) -> str:
    return name.value.replace("_", " ")
