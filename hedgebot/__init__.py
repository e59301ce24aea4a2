"""hedgebot keeps a crypto portfolio delta-neutral with perpetual futures."""

__version__ = "0.1.0"
