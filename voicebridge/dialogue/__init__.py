"""Who speaks when, and what is said. LAW: pure. No asyncio, no clock, no I/O, no randomness; `now` is an argument."""
