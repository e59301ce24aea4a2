"""The secrets that tests plant, in one place: whatever holds one of them is a leak.

A test that gives the product a secret takes it from here, or adds it here. Nothing is imported:
every run of pytest pays for it.
"""

EXCHANGE_KEY = "local-key"
EXCHANGE_SECRET = "local-secret"
LISTEN_KEY = "listen4local"
"""Each listen key of the local exchange begins so."""
ALERT_TOKEN = "T0psecretT0ken"
"""In the addresses of alerts."""
BEAT_TOKEN = "b3atsecretb3at4hearts"
"""In the address of the dead man's switch."""
SETTINGS_KEY = "AKIAvmPUz4KEYqT9d2"
SETTINGS_SECRET = "hG7sWn3SECRETx0pLz"
SETTINGS_TOKEN = "AAtokenTOKENtoken"
RECORDED = "Zq9planted7Key"
"""In texts that a recorder is given."""

PLANTED = {
    "API key of the local exchange": EXCHANGE_KEY,
    "API secret of the local exchange": EXCHANGE_SECRET,
    "token of an alert address": ALERT_TOKEN,
    "token of the heartbeat address": BEAT_TOKEN,
    "API key in settings": SETTINGS_KEY,
    "API secret in settings": SETTINGS_SECRET,
    "alert token in settings": SETTINGS_TOKEN,
    "secret told to a recorder": RECORDED,
    "listen key": LISTEN_KEY,
}
