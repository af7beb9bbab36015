"""The `keyservice` command, one file a subcommand."""
