"""Fixtures of the sandbox's tests: each half keeps its own in a module, and they meet here."""

from tests.sandbox.openai_fixtures import engines, openai_client, openai_server
from tests.sandbox.telephone_fixtures import account, customer, media_server, people_folder, sandbox

__all__ = [
    "account",
    "customer",
    "engines",
    "media_server",
    "openai_client",
    "openai_server",
    "people_folder",
    "sandbox",
]
