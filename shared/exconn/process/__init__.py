"""What every process of the system does beside its work: that it lives, and the proof that it hears."""
