"""The evaluation of a request: `reference` is the definition."""
