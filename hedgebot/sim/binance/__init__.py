"""Binance's wire protocol, spot and USDT-M futures, over `venue_model`."""
