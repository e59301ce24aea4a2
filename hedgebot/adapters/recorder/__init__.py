"""The flight recorder: every event with what was decided, so that an incident can be replayed.

recorder   `ports.Recorder`: remembers, and lets write
scribe, masking    what was remembered as lines, without secrets
writer, shelf      the thread, the files, their sizes
layout     what stands in a file
hints, encoding, decoding          values as JSON, exactly, and back
reading    a file, also one without its end
"""

from hedgebot.adapters.recorder.layout import NOTHING, actions_line
from hedgebot.adapters.recorder.reading import Recording, RecordingError, read
from hedgebot.adapters.recorder.recorder import FileRecorder, Pages
from hedgebot.adapters.recorder.scribe import Scribe
from hedgebot.adapters.recorder.shelf import Shelf

__all__ = [
    "NOTHING",
    "FileRecorder",
    "Pages",
    "Recording",
    "RecordingError",
    "Scribe",
    "Shelf",
    "actions_line",
    "read",
]
