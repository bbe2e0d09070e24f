"""The monitor: one projector builds the read model from the streams; API, pages and metrics show it.

It never decides and never acts: everything that changes something is a request to intake.
"""
