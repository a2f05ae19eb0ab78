"""The audit of a dataset as one page with plots."""
