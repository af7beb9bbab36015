"""A decision as reasons, then as sentences with source snippets."""
