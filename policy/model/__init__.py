"""What a policy and a request mean: frozen values, with no trace of their spelling."""
