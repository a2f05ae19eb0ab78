"""Drawn scenes: pictures of coloured shapes in which every object is known."""
