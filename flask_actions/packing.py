"""Values <-> JSON text that remembers their types: dates, decimals, sets and bytes survive.

Our own text for a result that waits for its page. Lists, texts, numbers, booleans, None and
dictionaries with text keys stand for themselves; every other value is a list of two, its type's
sign and its text, and so is a plain list of that look.
"""

from __future__ import annotations

import dataclasses
import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

_SIGN = "\x00"  # no other text in a result starts with it unescaped

#: type -> its sign and its text; looked up by exact type, since a datetime is also a date.
_WRITERS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("datetime", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    Decimal: ("decimal", str),
    UUID: ("uuid", str),
    bytes: ("bytes", lambda value: b64encode(value).decode()),
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "decimal": Decimal,
    "uuid": UUID,
    "bytes": b64decode,
    "float": float,
    "tuple": lambda items: tuple(_read(item) for item in items),
    "set": lambda items: {_read(item) for item in items},
    "frozenset": lambda items: frozenset(_read(item) for item in items),
    "dict": lambda pairs: {_read(key): _read(value) for key, value in pairs},
    "list": lambda items: [_read(item) for item in items],
}


def pack(value: Any) -> str:
    """*value* as text.

    :raises ValueError: (pydantic's serialisation error is one) for a value without a text.
    """
    return json.dumps(_write(value), separators=(",", ":"), ensure_ascii=False)


def unpack(text: str) -> Any:
    """The value that was packed. Models and dataclasses come back as dictionaries, enums as values."""
    return _read(json.loads(text))


def _write(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (str, int, bool):
        return value
    if kind is float:
        return value if math.isfinite(value) else [_SIGN + "float", repr(value)]
    if kind in _WRITERS:
        sign, write = _WRITERS[kind]
        return [_SIGN + sign, write(value)]
    if isinstance(value, Enum):
        return _write(value.value)
    if isinstance(value, BaseModel):
        return _write(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _write(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        if all(type(key) is str for key in value):
            return {key: _write(item) for key, item in value.items()}
        return [_SIGN + "dict", [[_write(key), _write(item)] for key, item in value.items()]]
    if isinstance(value, (set, frozenset, tuple)):
        sign = "tuple" if isinstance(value, tuple) else kind.__name__
        return [_SIGN + sign, [_write(item) for item in value]]
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        items = [_write(item) for item in value]
        signed = bool(items) and isinstance(items[0], str) and items[0].startswith(_SIGN)
        return [_SIGN + "list", items] if signed else items
    return to_jsonable_python(value)


def _read(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {key: _read(item) for key, item in plain.items()}
    if not isinstance(plain, list):
        return plain
    if len(plain) == 2 and isinstance(plain[0], str) and plain[0].startswith(_SIGN):
        return _READERS[plain[0][1:]](plain[1])
    return [_read(item) for item in plain]
