"""Accounts, users, groups, roles, instance profiles and instances: the directory, and the file that fills it."""
