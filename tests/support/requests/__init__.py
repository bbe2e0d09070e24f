"""Signed requests, and a receiver that judges them."""
