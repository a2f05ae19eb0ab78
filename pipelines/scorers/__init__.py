"""Scores of a pair: pixels, always, and CLIP."""
