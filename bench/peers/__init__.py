"""Other engines on the same bars, band and fees as the sweep: `make peers-bench`."""
