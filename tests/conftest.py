"""For the whole suite: no output of it holds a secret; what tests counted is told at its end."""

pytest_plugins = ["tests.secrecy.watch", "tests.told"]
