"""The made-up phones: what they are, and what they do when they call."""
