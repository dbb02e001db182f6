"""Record: a frozen dataclass to who reads and checks it, and nothing to compile at import.

``@dataclass`` writes and compiles the methods of each class, half a millisecond for one; all of
them together took longer than the rest of the package.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self, dataclass_transform


@dataclass_transform(eq_default=False, kw_only_default=True, frozen_default=True)
class Record:
    """A base of classes whose annotations are what they are made of, by keyword.

    Defaults stand in the class, and are shared. Two records are equal if they are the same one.
    """

    def __init__(self, **facts: Any) -> None:
        vars(self).update(facts)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name!r} cannot be set: a {type(self).__name__} stays as it is.")

    def but(self, **changes: Any) -> Self:
        """The same, with some facts changed."""
        kind = type(self)
        facts = {
            name: value
            for name, value in vars(self).items()
            if not isinstance(getattr(kind, name, None), cached_property)
        }
        return kind(**{**facts, **changes})
