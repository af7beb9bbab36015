"""What an operator does with a store as a whole: its root of trust, and backups of it."""
