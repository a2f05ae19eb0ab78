"""Caption metrics without Java."""
