"""Templates of dataset cards, and the cards of published datasets."""
