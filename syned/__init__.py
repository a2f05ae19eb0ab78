"""The core of syned: rows, parts, stages, runners, recipes, images and errors. No model library."""

__version__ = "0.1.0"
