"""How a venue behaves, written from the venue's documents so that it can judge `core`."""
