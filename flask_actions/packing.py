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
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import ValidationError, from_json, to_json, to_jsonable_python

_SIGN = "\x00"  # no other text in a result starts with it unescaped

#: The models and dataclasses that a declared type is made of, by name; they come back as such.
Types = Mapping[str, type]

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
}
_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": lambda items: _hashed(set, items),
    "frozenset": lambda items: _hashed(frozenset, items),
}


#: Stand for themselves; looked up before anything is called, since most values are of these.
_AS_IT_IS = frozenset({NoneType, str, int, bool})
_TEXTS = frozenset({str})

_NO_TYPES: Types = {}


def pack(value: Any, types: Types = _NO_TYPES) -> str:
    """*value* as text.

    :param types: what comes back as it was; other models and dataclasses come back as
        dictionaries, enums as their values.
    :raises ValueError: (pydantic's serialisation error is one) for a value without a text.
    """
    try:
        return json_of(_write(value, types))
    except RecursionError:
        raise ValueError("it contains itself, or is nested too deep") from None


def unpack(text: str, types: Types = _NO_TYPES) -> Any:
    """The value that was packed.

    :raises ValueError: for a text of another version.
    """
    return _read(of_json(text), types)


def json_of(plain: Any, inf_nan: Literal["constants", "null"] = "constants") -> str:
    """Plain data as JSON, by pydantic's writer, which takes a third of the time of Python's.

    :param inf_nan: what stands for ``NaN`` and the infinities; the constants are no JSON of others.
    """
    try:
        return to_json(plain, inf_nan_mode=inf_nan).decode()
    except ValueError:  # half a surrogate pair, which is no UTF-8
        return json.dumps(plain)


def of_json(text: str) -> Any:
    """The plain data of that JSON.

    :raises ValueError: if it is none.
    """
    try:
        return from_json(text, cache_strings="keys")  # few texts come twice
    except ValueError:
        return json.loads(text)


def types_in(schema: Any) -> dict[str, type]:
    """The models and dataclasses in a pydantic core schema, by name."""
    found: dict[str, type] = {}
    if isinstance(schema, Mapping):
        if schema.get("type") in ("model", "dataclass"):
            kind = schema["cls"]
            # A schema that somebody wrote by hand may well be of any class.
            if issubclass(kind, BaseModel) or bool(dataclasses.is_dataclass(kind)):
                found[kind.__name__] = kind
        for inner in schema.values():
            found.update(types_in(inner))
    elif isinstance(schema, (list, tuple)):
        for inner in schema:
            found.update(types_in(inner))
    return found


def _write(value: Any, types: Types) -> Any:
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    if kind is float:
        return value if math.isfinite(value) else [_SIGN + "float", repr(value)]
    if kind in _WRITERS:
        sign, write = _WRITERS[kind]
        return [_SIGN + sign, write(value)]
    if kind is dict and _TEXTS.issuperset(map(type, value)):
        return {
            key: item if type(item) in _AS_IT_IS else _write(item, types)
            for key, item in value.items()
        }
    if types.get(kind.__name__) is kind:
        return [f"{_SIGN}={kind.__name__}", _fields(value, kind, True, types)]
    if isinstance(value, Enum):
        return _write(value.value, types)
    if isinstance(value, BaseModel) or dataclasses.is_dataclass(kind):
        for base in kind.__mro__:
            if types.get(base.__name__) is base:  # a subclass has more than is declared
                return [f"{_SIGN}={base.__name__}", _fields(value, base, True, types)]
        plain = _fields(value, kind, False, types)
        return plain["root"] if _is_root(kind) else plain
    if isinstance(value, Mapping):
        if all(type(key) is str for key in value):
            return _write(dict(value), types)
        pairs = [[_key(key, types), _write(item, types)] for key, item in value.items()]
        return [_SIGN + "dict", pairs]
    if isinstance(value, (set, frozenset, tuple)):
        sign = next(one.__name__ for one in (tuple, set, frozenset) if isinstance(value, one))
        return [_SIGN + sign, [_write(item, types) for item in value]]
    several = isinstance(value, (Sequence, Iterator))
    if several and not isinstance(value, (str, bytes, bytearray)):
        items = [_write(item, types) for item in value]
        signed = bool(items) and isinstance(items[0], str) and items[0].startswith(_SIGN)
        return [_SIGN + "list", items] if signed else items
    return to_jsonable_python(value)


def _key(key: Any, types: Types) -> Any:
    written = _write(key, types)
    try:
        hash(_read(written, types))
    except TypeError:
        raise ValueError(f"a {type(key).__name__} cannot come back as a key") from None
    return written


def _fields(value: Any, kind: Any, known: bool, types: Types) -> dict[str, Any]:
    """The fields of a model or a dataclass, as they are and not as its serialisers show them.

    :param kind: its type, or the one that is declared.
    """
    facts = plain_fields(value, kind) if known else None
    if facts is not None:
        return facts
    plain: dict[str, Any] = {}
    for name, info in _names(kind):
        item = getattr(value, name)
        if info is None or not _excluded(info, item):
            plain[name] = item if type(item) in _AS_IT_IS else _field(value, name, item, types)
    extra = getattr(value, "__pydantic_extra__", None)
    if extra and (kind is type(value) or kind.model_config.get("extra") == "allow"):
        plain.update((name, _write(item, types)) for name, item in extra.items())
    if not known and isinstance(value, BaseModel):
        for name in kind.model_computed_fields:
            plain[name] = _write(getattr(value, name), types)
    return plain


def plain_fields(value: Any, kind: Any) -> dict[str, Any] | None:
    """The fields of a model, if all are shown and each stands for itself."""
    facts: dict[str, Any] = getattr(value, "__dict__", {})
    if facts.keys() != _all_shown(kind) or value.__pydantic_extra__:
        return None
    return facts if _AS_IT_IS.issuperset(map(type, facts.values())) else None


def _field(value: Any, name: str, item: Any, types: Types) -> Any:
    try:
        return _write(item, types)
    except ValueError:
        # Of a type that only its own serialiser knows.
        if not isinstance(value, BaseModel):
            raise
        plain = value.model_dump(include={name}, round_trip=True, by_alias=False)
        return _write(plain[name], types)


@cache
def _names(kind: Any) -> list[tuple[str, Any]]:
    """The names of the fields, each with what pydantic knows of one that may be left out."""
    infos = getattr(kind, "__pydantic_fields__", {})
    if not (infos or issubclass(kind, BaseModel)):
        return [(field.name, None) for field in dataclasses.fields(kind)]
    return [
        (name, info if info.exclude or getattr(info, "exclude_if", None) is not None else None)
        for name, info in infos.items()
    ]


@cache
def _all_shown(kind: Any) -> frozenset[str] | None:
    """The names of a model's fields, if none of them may be left out."""
    names = _names(kind)
    shown = issubclass(kind, BaseModel) and all(info is None for _, info in names)
    return frozenset(name for name, _ in names) if shown else None


def _excluded(info: Any, value: Any) -> bool:
    hides = getattr(info, "exclude_if", None)
    return bool(info.exclude) or (hides is not None and bool(hides(value)))


def _read(plain: Any, types: Types) -> Any:
    if type(plain) is dict:
        if _AS_IT_IS.issuperset(map(type, plain.values())):
            return plain
        return {
            key: item if type(item) in _AS_IT_IS else _read(item, types)
            for key, item in plain.items()
        }
    if not isinstance(plain, list):
        return plain
    if len(plain) != 2 or not isinstance(plain[0], str) or not plain[0].startswith(_SIGN):
        return [_read(item, types) for item in plain]
    sign, inner = plain[0][1:], plain[1]
    if sign.startswith("="):
        return _whole(types.get(sign[1:]), _read(inner, types))
    if sign in _READERS:
        return _READERS[sign](inner)
    if sign in _CONTAINERS:
        return _CONTAINERS[sign]([_read(item, types) for item in inner])
    if sign == "dict":
        return {_read(key, types): _read(item, types) for key, item in inner}
    raise ValueError(f"The text has the sign {sign!r}, which this version does not know.")


def _whole(kind: Any, fields: dict[str, Any]) -> Any:
    """The model or dataclass of these fields; the fields where its type is another by now."""
    if kind is None:
        return fields
    plain = fields["root"] if _is_root(kind) else fields
    try:
        return _validator(kind).validate_python(plain, strict=False, by_alias=False, by_name=True)
    except ValidationError:
        return plain


def _is_root(kind: type) -> bool:
    """Whether a model is nothing but its one field."""
    return bool(getattr(kind, "__pydantic_root_model__", False))


@cache
def _validator(kind: Any) -> Any:
    from pydantic import TypeAdapter  # takes its time, and most results need none

    return TypeAdapter(kind).validator


def _hashed(kind: type, items: list[Any]) -> Any:
    try:
        return kind(items)
    except TypeError:
        return items  # what was an object of a set is a dictionary now
