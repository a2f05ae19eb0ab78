"""Checks a dataset before it is published: each shard, each row, each picture, and its card."""
