"""The demo: the whole system on one machine against the simulator, and a story that uses it."""
