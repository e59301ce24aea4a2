"""`hedgebot` as a child that ends in order when its parent is gone, however that went.

The parent holds the other end of standard input and writes nothing: when that ends, so did it.
"""

import os
import signal
import threading

from hedgebot.cli import main

STDIN = 0


def follow() -> None:
    """Wait for the parent's end, then ask this process to end."""
    while os.read(STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=follow, name="leash", daemon=True).start()
    main()
