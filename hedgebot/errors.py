"""Errors, sorted by who can mend them.

HedgebotError
  SettingsError        the user's files: every problem at once, each with path, value and mend
  StartRefused         the world does not allow a start (modes, permissions, lock, newer journal)
    AlreadyRunning     another daemon holds the writer lock of this journal
    ForeignEpoch       the venue knows an epoch above the journal's
  JournalError         the journal cannot commit
    JournalCorrupt     a row cannot be read back as what it must be
  VenueError           a venue could not be read
    Unsupported        a message or a mode that is refused by name

Bugs of our own are assertions and end the process (invariant 8).
"""

from dataclasses import dataclass


class HedgebotError(Exception):
    """Root of every error raised on purpose; its text is one line that names the mend."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the settings."""

    path: str
    """`hedges[0].band.lower`"""
    value: str
    """As written; `(hidden)` for a secret."""
    mend: str

    def __str__(self) -> str:
        return f"{self.path} = {self.value}: {self.mend}"


class SettingsError(HedgebotError):
    """What the user wrote cannot be run. Carries every problem found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class StartRefused(HedgebotError):
    """The world does not allow a start; exit 2."""


class AlreadyRunning(StartRefused):
    """Another process holds the writer lock."""


class ForeignEpoch(StartRefused):
    """Another writer, or an older copy of the journal; `run --adopt` goes on above that epoch."""

    def __init__(self, journal_epoch: int, venue_epoch: int) -> None:
        self.journal_epoch = journal_epoch
        self.venue_epoch = venue_epoch
        super().__init__(
            f"the venue knows orders of epoch {venue_epoch}, this journal ends at "
            f"{journal_epoch}: another daemon trades this account, or the journal is an older "
            "copy; stop the other one or restore the journal, or run --adopt to take the "
            "venue as truth"
        )


class JournalError(HedgebotError):
    """The journal cannot commit: full, locked, read-only, gone."""


class JournalCorrupt(JournalError):
    """A row cannot be read back as what it must be."""


class VenueError(HedgebotError):
    """A venue could not be read; the text names the venue entry, never a secret."""


class Unsupported(VenueError):
    """Refused by name: a message, a mode, a market that this version does not model."""
