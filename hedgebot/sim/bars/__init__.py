"""Recorded bars: files of open, high, low and close, and their way through the books."""
