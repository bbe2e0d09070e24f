"""Blocking and allowing a device: its id goes onto one of its owner's two personal lists, and off the other."""
