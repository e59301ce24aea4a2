"""The one place that names concrete adapters and puts them together from settings.

book       a settings file, and the places that follow from it
outside    clock, log, journal, alerts, venues
starting   from settings to a running daemon: starting is recovering
looking    one look without a daemon: `plan` and `check`
commands   what a command writes when no daemon runs
"""
