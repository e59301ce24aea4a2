"""Pictures and pages of our own: small, one file each, and readable without a network.

scene      what is drawn, in pixels
panel      curves over time as a scene: axes, ticks, many points as few
svg, png   a scene as a text, and as a picture for a chat message
page       panels and tables as one HTML file
backtest   the panels and the page of a backtest
"""
