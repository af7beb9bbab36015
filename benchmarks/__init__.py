"""Benchmarks: our engine beside its peers, in one run, on the same work."""
