"""The optimal band against the best fixed band and the peers: `python -m bench.frontier`."""
