"""The voice bridge: ears, mind and mouth of a call. An asyncio process on `websockets`.

`server` routes sockets; `call_session` runs one call; `reply` speaks one reply; `dialogue/` decides (pure),
`audio/` listens and converts (pure), `providers/` talk to the speech and language vendors.

Import law (checked by `tests/test_architecture.py`): `dialogue/` and `audio/` import no asyncio, no clock and no
I/O; only `providers/` talks to vendors; nothing here imports `webapp` or `sandbox`.
"""
