"""What the service keeps, as frozen values: keys, backing keys, aliases, states, accounts and identities. Pure."""
