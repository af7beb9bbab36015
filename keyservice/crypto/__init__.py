"""Key derivation, the ciphertext blob, wrapped records, tokens, self-tests. Pure: random bytes arrive as arguments."""
