"""Fixtures of the sandbox's tests: each half keeps its own in a module, and they meet here."""

from tests.sandbox.openai_fixtures import engines, openai_client, openai_server

__all__ = ["engines", "openai_client", "openai_server"]
