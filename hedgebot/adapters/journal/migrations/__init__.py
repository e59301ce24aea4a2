"""The history of the tables. A migration is never edited after a release; there is no way back."""
