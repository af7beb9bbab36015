"""Where key material lives: a port, software behind it, and the unsealing of the root and domain keys."""
