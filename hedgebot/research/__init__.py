"""History in, knowledge out: needs the extra packages of `hedgebot[research]`."""
