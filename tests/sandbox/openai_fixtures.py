"""Fixtures and measures for the tests of the sandbox's OpenAI: real engines, shared by the whole run."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio

from sandbox.speech import SpeechEngines


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engines() -> AsyncIterator[SpeechEngines]:
    """Real ears and voices, loaded once."""
    speech = SpeechEngines()
    await speech.start()
    try:
        yield speech
    finally:
        await speech.close()


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, no punctuation."""
    return re.sub(r"[^a-z0-9' ]", " ", text.lower()).split()


def word_errors(said: str, heard: str) -> int:
    """The least number of words to insert, delete or replace to get from `said` to `heard`."""
    wanted, found = words(said), words(heard)
    costs = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        previous, costs = costs, [i]
        for j, other in enumerate(found, 1):
            costs.append(min(previous[j] + 1, costs[j - 1] + 1, previous[j - 1] + (word != other)))
    return costs[-1]
