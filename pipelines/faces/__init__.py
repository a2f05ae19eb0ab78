"""Faces in pictures: found by a model, and blurred."""
