"""Handlers of jobs in this process, one claim at a time."""
