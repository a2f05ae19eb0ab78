"""Trains and evaluates image-difference captioners on datasets of picture pairs.

It knows nothing of the pipelines that make such datasets; the two meet only in Parquet.
"""
