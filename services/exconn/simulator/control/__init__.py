"""The control port, and what it shows and orders: the oracle, counters, accounts, mailboxes and rights."""
