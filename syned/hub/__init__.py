"""The Hugging Face Hub: what is there, bringing it here, and putting files there."""
