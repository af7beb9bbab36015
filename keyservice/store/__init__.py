"""Where records live: a port, and SQLite or PostgreSQL behind it."""
