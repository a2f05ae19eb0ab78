"""Typed edits that are exact by construction, each with its wording."""
