"""The command line: `main` is the entry point."""

from hedgebot.cli.app import main

__all__ = ["main"]
