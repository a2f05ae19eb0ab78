"""Dataset readers, one small module for each dataset."""
