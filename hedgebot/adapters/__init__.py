"""The outside world behind the ports: venues through ccxt, journal, alerts, clock, logs."""
