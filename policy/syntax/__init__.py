"""Policies as written, in text or IAM JSON: one syntax tree with spans, and printers back to both spellings."""
