"""Fixtures of the sandbox's tests: each half keeps its own in a module, and they meet here."""

from tests.sandbox.openai_fixtures import engines

__all__ = ["engines"]
