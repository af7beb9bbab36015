"""The Lark grammars, read as package resources: the policy language, and JSON with positions."""
