"""Who makes the edited pictures: one module per engine."""
