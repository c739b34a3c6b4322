"""The operator's password against its argon2 hash, a few at a time: each try takes 64 MiB and a whole core."""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

AT_ONCE = 2
"""In one process; who comes meanwhile waits. Without it a flood of sign-ins takes a gibibyte, and calls their core."""

_turns = BoundedSemaphore(AT_ONCE)
_argon2 = PasswordHasher()


def password_matches(password_hash: str, password: str, *, verify: Callable[[str, str], bool] = _argon2.verify) -> bool:
    """True if `password` is the one whose argon2 hash this is. Takes as long for a wrong one as for the right one."""
    with _turns:
        try:
            return verify(password_hash, password)
        except VerificationError:
            return False
