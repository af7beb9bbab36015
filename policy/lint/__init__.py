"""The linter: rules on policies, each with a page whose examples are its test, and the tools around them."""
