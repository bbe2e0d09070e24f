"""How the tables came to be, revision by revision; Alembic runs them.

To change a table, change it in `tables.py` and add `versions/vN_what.py` with the next number; a test compares both.
A revision runs while monitors of the version before still project, so it must not take away what they write.
"""
