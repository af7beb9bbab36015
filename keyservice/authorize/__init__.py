"""The only door to the policy engine: caller, key, grants and request become the engine's Request."""
