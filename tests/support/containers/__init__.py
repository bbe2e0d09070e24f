"""A deployment in containers, as tests handle it: the engine, and the stack of compose.yaml."""
