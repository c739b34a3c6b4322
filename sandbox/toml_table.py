"""Takes known keys out of a TOML table, one by one; what is left over at the end is a mistake (a typo must not be
silent). A mistake is told with its key: `hangs_up.after_s: must be a number from 0 to 3600, not 'soon'`.
"""

from __future__ import annotations

from typing import Any, NoReturn


class TableError(Exception):
    """A key is missing, has a wrong value, or is not known. The message begins with the key."""


class Table:
    """A table that is being read. Every method raises TableError."""

    def __init__(self, fields: dict[str, Any], prefix: str = "") -> None:
        self._fields = dict(fields)
        self._prefix = prefix

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def take(self, key: str, default: Any = None) -> Any:
        """The value, whatever it is."""
        return self._fields.pop(key, default)

    def text(self, key: str, longest: int | None = None) -> str:
        """A text with something in it."""
        value = self.take(key)
        if value is None:
            self.refuse(key, "is missing")
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, "must be a text")
        if longest is not None and len(value.strip()) > longest:
            self.refuse(key, f"must have at most {longest} characters, not {len(value.strip())}")
        return value.strip()

    def between(self, key: str, low: float, high: float, default: float) -> float:
        """A number."""
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.refuse(key, f"must be a number from {low:g} to {high:g}, not {value!r}")
        return float(value)

    def maybe_between(self, key: str, low: float, high: float) -> float | None:
        """A number; None if the key is not there."""
        return self.between(key, low, high, low) if key in self else None

    def whole(self, key: str, low: int, high: int, default: int) -> int:
        """A whole number."""
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(key, f"must be a whole number from {low} to {high}, not {value!r}")
        return value

    def choice(self, key: str, known: tuple[str, ...], default: str) -> str:
        """One of the known words."""
        value = self.take(key, default)
        if not isinstance(value, str) or value not in known:
            self.refuse(key, f"must be one of {', '.join(known)}, not {value!r}")
        return value

    def table(self, key: str, what: str) -> Table | None:
        """A table within this one; None if the key is not there."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.refuse(key, f"must be a table {what}")
        return Table(value, f"{self._prefix}{key}.")

    def nothing_left(self) -> None:
        """To be called when all that is known has been taken."""
        for key in self._fields:
            self.refuse(key, "is not a key that is known here")

    def refuse(self, key: str, why: str) -> NoReturn:
        raise TableError(f"{self._prefix}{key}: {why}")
