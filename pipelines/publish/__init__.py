"""What is published of a run: variants of its dataset, pictures for its card, the card."""
