"""A simulated Exchange, and what its answers are compared with."""
