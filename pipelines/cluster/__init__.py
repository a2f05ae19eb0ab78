"""What launchers of Ray clusters need for a recipe."""
