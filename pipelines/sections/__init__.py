"""The sections of a recipe that belong to sources and engines."""
