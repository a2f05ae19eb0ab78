"""A small world: models of the true classes, trained on drawn scenes whose truth is known."""
