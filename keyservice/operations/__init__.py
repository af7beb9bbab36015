"""The API operations, a module per family, each operation a row of one registry."""
