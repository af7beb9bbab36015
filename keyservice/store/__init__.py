"""Where records live: a port, and SQLite behind it."""
