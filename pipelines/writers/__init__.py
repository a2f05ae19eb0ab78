"""Who writes instructions and captions: one module per engine."""
