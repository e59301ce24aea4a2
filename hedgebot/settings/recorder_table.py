"""`[recorder]`: what is kept for a replay, and how much of the disk that may take."""

from typing import Annotated

from pydantic import BaseModel, Field

from hedgebot.settings.values import Whole
from hedgebot.settings.venue_tables import TABLE

MB = 1_000_000


class RecorderTable(BaseModel):
    """The flight recorder: every event and what was decided, for `hedgebot replay`."""

    model_config = TABLE

    enabled: bool = True
    """Record. What cannot be recorded never holds up a hedge."""
    folder: str = ""
    """Where files lie; a relative path counts from the working directory. Empty: beside the
    journal, in a folder named like it with `.recordings` behind."""
    file_mb_max: Annotated[Whole, Field(ge=1, le=1_000)] = 16
    """A file that is so large is followed by the next one."""
    total_mb_max: Annotated[Whole, Field(ge=4, le=1_000_000)] = 512
    """Of all files together, at least four times `file_mb_max`; the oldest are deleted first."""
