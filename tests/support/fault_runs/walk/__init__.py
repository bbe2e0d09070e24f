"""A random walk over the ledger's calls: who calls, what is drawn, and what must hold at each moment."""
