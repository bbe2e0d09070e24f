"""The coordinator: due slots, the install life cycle, doorbells that were lost, retention.

Any number of them may run: there is no leader, because idempotency keys decide.
"""
