"""The instance metadata service of one instance: an HTTP application of its own."""
