"""What happens to keys without a call: each job a pure `due(now, …)` and a thin run."""
