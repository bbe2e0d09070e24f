"""Faults on order, and answers that no sound server gives."""
