"""Questions about a whole world: who can do what, by which path, under which conditions."""
