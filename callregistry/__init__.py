"""The link: what the web app and the voice bridge both know about a call.

Both processes import this package; it imports neither of them, and neither Flask nor asyncio
(`tests/test_architecture.py` checks it). The registry carries facts; requests that need the other
process's keys travel as signed HTTP callbacks (`link.py`).
"""
