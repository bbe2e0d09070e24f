"""Reading the read model: each query is one function over one connection, and changes nothing."""
