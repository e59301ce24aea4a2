"""For the whole suite: no output of it holds a secret."""

pytest_plugins = ["tests.secrecy.watch"]
