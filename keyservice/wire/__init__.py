"""The AWS JSON 1.1 and Query protocols: bytes to typed values and back, and errors to bytes in one place."""
