"""The settings of a mailbox policy: one table, one row for each, of which everything else is made.

Each group has a file with its rows; `table.py` lists the groups. From the rows come the models of `connector.toml`,
what is written to Exchange, which change a second person must see, and the page of the documentation.
"""
