"""Scenario files: a small world and what each request in it should come to."""
