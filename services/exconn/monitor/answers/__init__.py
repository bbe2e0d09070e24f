"""Answers about the system, built from the read model and the ledger; API and pages both show them."""
