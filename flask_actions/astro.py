"""Astro's wire: a result -> what Astro's own client reads; rich input -> plain values.

Data is devalue's text, so that a date arrives as a date; errors are JSON, their issues with the
words of zod's. Loaded by the first call that asks for it.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import AnyUrl
from pydantic_core import PydanticSerializationError, SchemaSerializer, Url, from_json

from . import messages
from .devalue import HOLE, UNDEFINED, Encoders, Map, MapItems, SetItems, dumps, loads
from .errors import ActionError, ActionInputError, Issue
from .forms import Decoded
from .messages import Text
from .models import DICTIONARIES, Output, TypedOutput, definitions_of, keys_are_texts, kind_of
from .rich import is_pydantics, serializer_for

#: The client reads a URL by a reviver of its own, so it is a custom type: ``["URL", <text>]``.
_ENCODERS: Encoders = {AnyUrl: ("URL", str), Url: ("URL", str)}
#: Values of an input, those that a text names many times counted in each: about what a megabyte
#: of JSON has. Each may become a copy, or an error.
_MAX_VALUES = 100_000
_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def write(data: Any, output: Output) -> bytes:
    """The data of a result as devalue's text; dates, sets and the like are themselves.

    :raises ValueError: if it cannot be serialised.
    """
    shown = _shown(data, output)
    if isinstance(output, TypedOutput) and _may_lose_a_map(output):
        schema = output.described.core_schema
        shown = _with_maps(shown, schema, definitions_of(schema))
    return dumps(shown, _ENCODERS).encode()


def error_to_dict(error: ActionError) -> dict[str, Any]:
    """An error as JSON data of Astro's form."""
    if isinstance(error, ActionInputError):
        return _input_error(error)
    plain = {
        "type": "AstroActionError",
        "code": error.code,
        "status": error.status,
        "message": error.message,
    }
    if error.reference is not None:
        plain["reference"] = error.reference
    return plain


def read(body: bytes) -> Decoded | None:
    """The input in devalue's text; None for undefined, which is no input.

    Members that are undefined are absent, as in the JSON that JavaScript writes.

    :raises ActionError: ``BAD_REQUEST`` with the path to the spot, for a text that is refused.
    """
    try:
        text = body.decode()
        if _HALF_A_PAIR.search(text):
            from_json(body)  # refuses half a surrogate pair, which is no text
        value = loads(text, cycles=False, max_values=_MAX_VALUES)
        if value is UNDEFINED:
            return None
        if "-1" in text or "-2" in text or "-7" in text:
            value = _defined(value, {})
    except ValueError as error:
        raise ActionError("BAD_REQUEST", Text("not_json", reason=str(error))) from None
    return Decoded(value, _as_sent)


def _as_sent(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return path


def _defined(value: Any, seen: dict[int, Any]) -> Any:
    """*value* without undefined: members are left out, items are None.

    :param seen: identities -> what has become of them; a text may name a value twice.
    """
    if value is UNDEFINED or value is HOLE:
        return None
    if type(value) not in (dict, Map) and not isinstance(value, (list, set, tuple)):
        return value
    if id(value) in seen:
        return seen[id(value)]
    new: Any
    match value:
        case Map():
            new = Map((_defined(key, seen), _defined(one, seen)) for key, one in value.items())
        case dict():
            new = {name: _defined(one, seen) for name, one in value.items() if one is not UNDEFINED}
        case MapItems() | SetItems() | set() | tuple():
            new = type(value)(_defined(one, seen) for one in value)
        case _:
            new = [_defined(one, seen) for one in value]
    seen[id(value)] = new
    return new


# Data


def _shown(data: Any, output: Output) -> Any:
    """*data* as its declared type shows it; what has no declared members stays what it is."""
    if not isinstance(output, TypedOutput) or _is_bare(output):
        return data
    # That of the declared type and not of the value's: a subclass may have more than it shows.
    try:
        return _serializer_of(output).to_python(data, by_alias=True)
    except (TypeError, PydanticSerializationError):
        # A set of models: dictionaries fit into no set. devalue finds a way for a model; else JSON
        # has one, of a list.
        serializer = output.described.serializer
        is_own = getattr(type(data), "__pydantic_serializer__", None) is serializer
        return data if is_own else serializer.to_python(data, by_alias=True, mode="json")


@lru_cache(1000)
def _serializer_of(output: TypedOutput) -> SchemaSerializer:
    return serializer_for(output.described.core_schema, output.described.serializer)


@lru_cache(1000)
def _is_bare(output: TypedOutput) -> bool:
    """Whether nothing that the type declares changes how its value is written.

    Then the value is written as it is, what it shares and the circles in it included.
    """
    return _has_no_form(output.described.core_schema)


@lru_cache(1000)
def _may_lose_a_map(output: TypedOutput) -> bool:
    """Whether a dictionary of another type looks like an object when it is empty."""
    schema = output.described.core_schema
    return _has_map(schema, definitions_of(schema))


def _has_map(schema: Any, definitions: Mapping[str, Any]) -> bool:
    if isinstance(schema, Mapping):
        beside = "metadata" if kind_of(schema) else None
        return _is_map(schema, definitions) or any(
            _has_map(one, definitions) for name, one in schema.items() if name != beside
        )
    return isinstance(schema, (list, tuple)) and any(_has_map(one, definitions) for one in schema)


def _is_map(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    if kind_of(schema) not in DICTIONARIES or "keys_schema" not in schema:
        return False
    return keys_are_texts(schema["keys_schema"], definitions) is False


def _with_maps(value: Any, schema: Any, definitions: Mapping[str, Any]) -> Any:
    """*value* with a Map for each empty dictionary that is none of texts; itself without any."""
    match schema["type"]:
        case _ if not isinstance(value, (dict, list, tuple)):
            return value
        case _ if "serialization" in schema and not is_pydantics(schema):
            return value
        case "json-or-python":  # a Sequence
            return _with_maps(value, schema["json_schema"], definitions)
        case "lax-or-strict":  # a defaultdict
            return _with_maps(value, schema["lax_schema"], definitions)
        case "definition-ref":
            return _with_maps(value, definitions[schema["schema_ref"]], definitions)
        case "model-fields" | "typed-dict" | "dataclass-args" if isinstance(value, dict):
            fields = schema["fields"]
            named = fields.items() if isinstance(fields, Mapping) else _named(fields)
            types = {one.get("serialization_alias") or name: one["schema"] for name, one in named}
        case kind if kind in DICTIONARIES and isinstance(value, dict):
            if not value:
                return Map() if _is_map(schema, definitions) else value
            types = dict.fromkeys(value, schema.get("values_schema"))
        case "list" if isinstance(value, list):
            types = dict.fromkeys(range(len(value)), schema.get("items_schema"))
        case "tuple" if isinstance(value, (list, tuple)):
            items, several = schema["items_schema"], schema.get("variadic_item_index")
            if several is not None:
                extra = len(value) - len(items) + 1
                items = [*items[:several], *[items[several]] * extra, *items[several + 1 :]]
            types = dict(enumerate(items))
        case "union" | "tagged-union":
            choices = schema["choices"]
            for one in choices.values() if isinstance(choices, Mapping) else choices:
                member = one[0] if isinstance(one, tuple) else one
                value = _with_maps(value, member, definitions)
            return value
        case "definitions":
            return _with_maps(value, schema["schema"], definitions)
        case _:
            return _with_maps(value, schema["schema"], definitions) if "schema" in schema else value
    changed = {}
    for key, type_ in types.items():
        # Another choice of a union may have fewer members.
        if type_ is None or not (key in value if isinstance(value, dict) else key < len(value)):
            continue
        new = _with_maps(value[key], type_, definitions)
        if new is not value[key]:
            changed[key] = new
    if not changed:
        return value
    if isinstance(value, dict):
        return {**value, **changed}
    return [changed.get(position, one) for position, one in enumerate(value)]


def _named(fields: Any) -> Any:
    return ((one["name"], one) for one in fields)


#: Parts of a type that pydantic and devalue write alike.
_BARE = frozenset(
    "any none bool int float str bytes date time datetime timedelta decimal uuid literal enum "
    "list tuple set frozenset dict nullable union default".split()
)


def _has_no_form(schema: Any) -> bool:
    if isinstance(schema, (list, tuple)):
        return all(map(_has_no_form, schema))
    if not isinstance(schema, Mapping):
        return True
    if schema.get("type") not in _BARE or "serialization" in schema:
        return False
    inner = ("schema", "choices", "items_schema", "keys_schema", "values_schema")
    return all(_has_no_form(schema[name]) for name in inner if name in schema)


# Errors


def _input_error(error: ActionInputError) -> dict[str, Any]:
    reader = messages.find_reader()
    issues: list[dict[str, Any]] = []
    fields: dict[str, list[str]] = {}
    for one in error.issues:
        issue = _in_words_of_zod(one)
        issue["message"] = text = one.told_to(reader)
        issues.append(issue)
        if issue["path"]:
            fields.setdefault(str(issue["path"][0]), []).append(text)
    return {"type": "AstroActionInputError", "issues": issues, "fields": fields}


#: Pydantic's type of an error -> zod's code, what is counted, and whether the limit fits.
_SIZES = {
    "string_too_short": ("too_small", "string", "min_length", True),
    "string_too_long": ("too_big", "string", "max_length", True),
    "bytes_too_short": ("too_small", "array", "min_length", True),
    "bytes_too_long": ("too_big", "array", "max_length", True),
    "too_short": ("too_small", "array", "min_length", True),
    "too_long": ("too_big", "array", "max_length", True),
    "greater_than": ("too_small", "number", "gt", False),
    "greater_than_equal": ("too_small", "number", "ge", True),
    "less_than": ("too_big", "number", "lt", False),
    "less_than_equal": ("too_big", "number", "le", True),
}
_LIMITS = (int, float, Decimal, str, date, timedelta)
#: What pydantic's type of an error begins with -> the type that zod names.
_TYPES = {
    "missing": "nonoptional",
    "string": "string",
    "int": "int",
    "float": "number",
    "finite": "number",
    "decimal": "number",
    "bool": "boolean",
    "list": "array",
    "tuple": "tuple",
    "set": "set",
    "frozen": "set",
    "dict": "object",
    "mapping": "object",
    "model": "object",
    "dataclass": "object",
    "date": "date",
    "datetime": "date",
    "none": "null",
}
_MISFITS = ("_type", "_parsing", "_size", "_inexact", "_from_float", "_number", "_required")
#: Texts of a form.
_FORMATS = {"uuid_parsing": "uuid", "url_parsing": "url", "time_parsing": "time"}


def _in_words_of_zod(issue: Issue) -> dict[str, Any]:
    """An issue as zod has it, but for its message; what zod has no word for is ``custom``."""
    own: dict[str, Any]
    code, path, context = issue.code, list(issue.path), issue.context
    kind, origin, name, fits = _SIZES.get(code, ("", "", "", True))
    limit = context.get(name)
    if isinstance(limit, _LIMITS):
        if isinstance(limit, (str, date)):  # as pydantic says it, or as it was declared
            origin = "date"
        elif str(context.get("field_type")).lower() in ("set", "frozenset"):
            origin = "set"
        side = "minimum" if kind == "too_small" else "maximum"
        own = {"origin": origin, "code": kind, "inclusive": fits}
        own[side] = float(limit) if isinstance(limit, Decimal) else limit
    elif code == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        own = {"origin": "string", "code": "invalid_format", "format": "regex", "pattern": pattern}
    elif code in _FORMATS:
        own = {"origin": "string", "code": "invalid_format", "format": _FORMATS[code]}
    elif code in ("literal_error", "enum"):
        own = {"code": "invalid_value", "values": _values(str(context.get("expected", "")))}
    elif code == "multiple_of" and isinstance(divisor := context.get(code), (int, float)):
        own = {"origin": "number", "code": "not_multiple_of", "divisor": divisor}
    elif code == "extra_forbidden":
        own, path = (
            {"code": "unrecognized_keys", "keys": [str(one) for one in path[-1:]]},
            path[:-1],
        )
    elif code in ("union_tag_invalid", "union_tag_not_found"):
        tag = str(context.get("discriminator", "")).strip("'") or str(path[-1] if path else "")
        own = {"code": "invalid_union", "errors": [], "note": "No matching discriminator"}
        own["discriminator"] = tag
    elif code == "missing" or code.endswith(_MISFITS):
        own = {"code": "invalid_type", "expected": _TYPES.get(code.partition("_")[0], "string")}
    else:
        own = {"code": "custom"}
    own["path"] = path
    return own


_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?""")


def _values(expected: str) -> list[str | float]:
    """The values in pydantic's ``'a', "it's" or 3``."""
    return [_value(one) for one in _LITERAL.findall(expected)]


def _value(written: str) -> Any:
    try:
        return literal_eval(written)
    except (ValueError, SyntaxError):  # no words of pydantic's, but of an issue of a handler's own
        return written
