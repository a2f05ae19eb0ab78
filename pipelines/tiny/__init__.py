"""Small models that syned makes itself, so that the model path can be tried anywhere."""
