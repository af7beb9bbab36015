"""The `policy` command, a file for each of its subcommands."""
