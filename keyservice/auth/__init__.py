"""Who is calling: Signature Version 4, session tokens, and the Caller that comes of them."""
