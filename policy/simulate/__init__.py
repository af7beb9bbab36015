"""A world of accounts, identities, keys and grants, and requests tried on it."""
