"""The story of an EC2 instance and its files, told by real programs: what `keyservice demo` runs."""
