"""The condition operators, a family per file; set qualifiers and IfExists are applied once, in `condition`."""
