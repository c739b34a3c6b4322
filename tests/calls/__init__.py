"""Whole calls: the product's own processes, the sandbox, real sockets, real voices, real time."""
