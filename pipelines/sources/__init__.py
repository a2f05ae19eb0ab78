"""Where pictures come from: one leaf module per kind of source, all of them a `PictureSource`."""
