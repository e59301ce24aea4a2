"""The control plane: what the market, the account's owner and fate can be told to do."""
