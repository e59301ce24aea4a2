"""Thousands of policies over one history at once: the core's own decision, compiled over arrays."""
