"""SafeResult: what a call ends in, data or an error, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from pydantic_core import to_jsonable_python

from .errors import ActionError
from .records import Record

T = TypeVar("T")


class SafeResult(Record, Generic[T]):
    """The result of a call; always true, whatever its data.

    :ivar location: where the handler sends the caller, if it does.
    :ivar values: what the user typed, by field name, for the next rendering of the form: the raw
        string, or a list of strings where a name was sent more than once. Empty unless the call
        failed, and never a secret or a file.
    """

    data: T | None
    error: ActionError | None
    location: str | None
    values: Mapping[str, str | list[str]]

    def __init__(
        self,
        data: T | None = None,
        error: ActionError | None = None,
        location: str | None = None,
        values: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        facts = self.__dict__  # as Record does it, at half its cost
        facts["data"] = data
        facts["error"] = error
        facts["location"] = location
        facts["values"] = values or {}

    @property
    def ok(self) -> bool:
        return self.error is None

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if isinstance(other, SafeResult) else NotImplemented

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"SafeResult({facts})"

    def or_throw(self) -> T:
        """The data.

        :raises ActionError: the error, if there is one.
        """
        if self.error is not None:
            raise self.error
        return cast(T, self.data)

    def to_dict(self) -> dict[str, Any]:
        """The plain JSON body: ``success``, ``data``, ``error``; ``redirect`` if there is one."""
        plain: dict[str, Any] = {
            "success": self.ok,
            "data": to_jsonable_python(self.data, inf_nan_mode="null") if self.ok else None,
            "error": None if self.error is None else self.error.to_dict(),
        }
        if self.location is not None and self.ok:
            plain["redirect"] = self.location
        return plain
