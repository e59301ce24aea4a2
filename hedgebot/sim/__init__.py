"""The local exchange as a server: a venue's wire protocol over `venue_model`, with faults."""
