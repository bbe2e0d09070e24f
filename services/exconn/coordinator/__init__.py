"""The coordinator: due slots, the install life cycle, doorbells that nobody heard, retention.

Any number of them may run: there is no leader, because idempotency keys decide.
"""
