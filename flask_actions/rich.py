"""A pydantic type in, a serialiser out that hides from devalue what the type hides from JSON.

Dates, sets and the like stay themselves, as pydantic leaves them in Python. But who masks a field
with ``when_used="json"``, or asks whether ``info.mode == "json"``, means every client, whatever it
says in ``Accept``: such a serialiser writes for devalue too. The settings ``ser_json_timedelta``,
``ser_json_bytes`` and the like hide nothing: they choose how JSON spells what it has no form for,
and devalue has its own spelling.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import attrgetter, is_
from typing import Any

from pydantic_core import SchemaSerializer

_Schema = Mapping[str, Any]


@lru_cache(1000)
def serializer_of(kind: Any) -> SchemaSerializer:
    """The serialiser of a model, or of pydantic's dataclass."""
    return serializer_for(kind.__pydantic_core_schema__, kind.__pydantic_serializer__)


def serializer_for(core_schema: Any, own: SchemaSerializer) -> SchemaSerializer:
    """The serialiser of a type; its *own* where that hides nothing from JSON alone."""
    teller = _Teller(core_schema)
    told = teller.tell(core_schema)
    if told is core_schema:
        return exact(core_schema, own)
    return SchemaSerializer(teller.apart(told))


def exact(core_schema: Any, own: SchemaSerializer) -> SchemaSerializer:
    """A serialiser that shows of an instance of a subclass what its declared class has.

    Pydantic's *own* one does so too, but in some unions: a value that is exactly of no choice is
    taken by the first one that a function writes, and in a dictionary is written as what it is.
    """
    verdicts = {*map(_is_better_by_class, _unions(core_schema))}
    if True not in verdicts or False in verdicts:
        return own
    return SchemaSerializer(_Teller(core_schema).apart(core_schema))


def _unions(schema: Any) -> Iterator[list[Any]]:
    """The choices of each union in a schema."""
    if isinstance(schema, (list, tuple)):
        for one in schema:
            yield from _unions(one)
    elif isinstance(schema, Mapping):
        if schema.get("type") == "union" and "choices" in schema:
            yield [one[0] if isinstance(one, tuple) else one for one in schema["choices"]]
        for name, one in schema.items():
            if name not in _VALUES:
                yield from _unions(one)


def _is_better_by_class(choices: list[Any]) -> bool | None:
    """Whether a value's class should say which choice is meant; None where it is all one."""
    direct, around, others = set[str](), set[str](), set[str]()
    for one in choices:
        kinds = {*_kinds(one)}
        if one["type"] in _HAVE_CLASSES:
            direct |= kinds
        elif kinds.isdisjoint(_HAVE_CLASSES):
            others |= kinds
        else:
            around |= kinds
    if "generator" in around or (around and "function" in others):
        return False  # It would be empty at the second look; and the function would take the rest.
    return bool((direct and "function" in around | others) or "dict" in around) or None


def _kinds(schema: Any) -> Iterator[str]:
    """What is in a schema, and not in a class within it."""
    if isinstance(schema, (list, tuple)):
        for one in schema:
            yield from _kinds(one)
    elif isinstance(schema, Mapping):
        kind = schema.get("type")
        if isinstance(kind, str):
            yield kind
        if "function" in (schema.get("serialization") or ()):
            yield "function"
        if kind not in _CLASSES:
            for name, one in schema.items():
                if name not in _VALUES:
                    yield from _kinds(one)


def when_used(shown: _Schema) -> str:
    """When a serialiser is used, as pydantic takes it where it does not say so."""
    usual = "json-unless-none" if shown["type"] in ("to-string", "format") else "always"
    return str(shown.get("when_used", usual))


def is_pydantics(schema: _Schema) -> bool:
    """Whether a serialiser is pydantic's own, which hides nothing that devalue would tell."""
    function = schema["serialization"].get("function")
    if isinstance(function, attrgetter):  # that of a regular expression
        function = (schema.get("function") or {}).get("function")
    return str(getattr(function, "__module__", "")).startswith("pydantic.")


class _Teller:
    """Writes a core schema anew, such that JSON's serialisers are everybody's.

    What stays as it is, is the very same object.
    """

    def __init__(self, core_schema: _Schema) -> None:
        self._definitions = {one["ref"]: one for one in core_schema.get("definitions", ())}

    def tell(self, schema: Any, extra: object = None) -> Any:
        """A schema, or several.

        :param extra: what becomes of other members than the declared ones.
        """
        if isinstance(schema, (list, tuple)):
            items = [self.tell(one, extra) for one in schema]
            return schema if all(map(is_, items, schema)) else type(schema)(items)
        if not isinstance(schema, Mapping):
            return schema
        kind = schema.get("type")
        if not isinstance(kind, str):  # fields by their names, one of which may be "type"
            return self._changed(schema, schema.items(), extra)
        shown = schema.get("serialization")
        if shown is not None and not (shown["type"] == "function-wrap" and "schema" not in shown):
            new = self._shown(schema, shown)
            return schema if new is shown else {**schema, "serialization": new}
        if kind in _OBJECTS:
            extra = (schema.get("config") or {}).get("extra_fields_behavior")
        extra = schema.get("extra_behavior", extra)
        told = self._changed(schema, _parts(schema, kind, extra), extra)
        if shown is not None:
            new = self._shown(schema, shown)
            told = told if new is shown else {**told, "serialization": new}
        elif kind in _OPEN:
            told = {**told, "serialization": _OPENED}
        return told

    def apart(self, schema: Any) -> Any:
        """A schema with a stand-in for each class.

        Pydantic would take the serialiser that a model has already, whatever the schema says.
        """
        if isinstance(schema, (list, tuple)):
            return type(schema)([self.apart(one) for one in schema])
        if not isinstance(schema, Mapping):
            return schema
        kind = schema.get("type")
        values = _VALUES if isinstance(kind, str) else ()
        new = {name: one if name in values else self.apart(one) for name, one in schema.items()}
        shown = schema.get("serialization")
        if shown is not None and "function" in shown and "return_schema" not in shown:
            # A union may have taken it for a value of another type.
            new["serialization"] = {**new["serialization"], "return_schema": _OPENED_ANY}
        if kind == "union":
            new.update(self._by_class(new["choices"]))
        if isinstance(kind, str) and kind in _CLASSES:
            new["cls"] = _stand_in(schema["cls"])
        return new

    def _changed(self, schema: _Schema, parts: Iterable[tuple[str, Any]], extra: object) -> Any:
        changed = {name: new for name, one in parts if (new := self.tell(one, extra)) is not one}
        return {**schema, **changed} if changed else schema

    def _shown(self, schema: _Schema, shown: _Schema) -> _Schema:
        """A serialiser as devalue meets it."""
        if shown["type"] == "any":  # pydantic's SerializeAsAny
            return _OPENED
        inner = [(name, shown[name]) for name in ("schema", "return_schema") if name in shown]
        told: _Schema = self._changed(shown, inner, None)
        if is_pydantics(schema):
            return told
        changed: dict[str, Any] = {}
        when = when_used(shown)
        if when.startswith("json"):
            changed["when_used"] = "always" if when == "json" else "unless-none"
        if shown.get("info_arg"):
            changed["function"] = _as_for_json(shown["function"])
        if "function" in shown and "return_schema" not in shown:
            changed["return_schema"] = _OPENED_ANY
        return {**told, **changed} if changed else told

    def _by_class(self, choices: Iterable[Any]) -> _Schema:
        """A union in which a value's class says which choice is meant.

        No value is exactly of a stand-in. So pydantic would rather take a choice whose serialiser
        is a function, since that takes anything; and of dictionaries it would take none.
        """
        told: dict[str, Any] = {}
        classes: dict[str, _StandIn] = {}
        rest: list[Any] = [_NEVER]
        for at, one in enumerate(choices):
            schema = one[0] if isinstance(one, tuple) else one
            cls = self._class_of(schema)
            if cls is None:
                rest.append(schema)
            else:
                told[str(at)], classes[str(at)] = schema, cls
        told["rest"] = {"type": "union", "choices": rest}
        # Classes before those that they are made of.
        tags = sorted(classes, key=lambda tag: -len(classes[tag].real.__mro__))

        def choose(value: object) -> str:
            return next((tag for tag in tags if isinstance(value, classes[tag])), "rest")

        return {"type": "tagged-union", "choices": told, "discriminator": choose}

    def _class_of(self, schema: Any) -> _StandIn | None:
        while "cls" not in schema and ("schema" in schema or "schema_ref" in schema):
            ref = schema.get("schema_ref")
            schema = schema["schema"] if ref is None else self._definitions[ref]
        cls: Any = schema.get("cls")
        if isinstance(cls, _StandIn):
            return cls
        return _stand_in(cls) if schema.get("type") in _CLASSES else None


_CLASSES = frozenset({"model", "dataclass"})
_HAVE_CLASSES = _CLASSES | {"definition-ref"}
_OBJECTS = _CLASSES | {"typed-dict"}
#: Parts of a type that say nothing of their value: it may be a model that hides something.
_OPEN = frozenset({"any", "callable", "function-plain", "is-instance", "is-subclass"})
#: What is a part of a type, and what is in it where nothing is said.
_ANY: _Schema = {"type": "any"}
_INNER = {
    **dict.fromkeys(("list", "set", "frozenset", "deque", "generator"), ("items_schema",)),
    **dict.fromkeys(("dict", "ordered-dict"), ("keys_schema", "values_schema")),
}
#: What is in a schema and is none.
_VALUES = frozenset({"metadata", "config", "default", "expected", "members", "function"})


def _parts(schema: _Schema, kind: str, extra: object) -> Iterator[tuple[str, Any]]:
    """The parts of a schema that have to do with writing its values."""
    for name, one in schema.items():
        if name not in _VALUES and name != "serialization":
            yield name, one
    for name in _INNER.get(kind, ()):
        if name not in schema:
            yield name, _ANY
    if extra == "allow" and kind in ("model-fields", "typed-dict"):
        yield "extras_schema", schema.get("extras_schema", _ANY)


class _JsonInfo:
    """What a serialiser is told of its call: that it writes JSON."""

    mode = "json"

    def __init__(self, info: Any) -> None:
        self._info = info

    def mode_is_json(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._info, name)


def _as_for_json(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*args[:-1], _JsonInfo(args[-1]))


def _opened(value: Any, met: dict[int, tuple[Any, Any]] | None = None) -> Any:
    """A value of any type, all models in it written as their own serialisers do.

    :param met: identities of lists and dictionaries -> themselves, and what has become of them.
    """
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if hasattr(kind, "__pydantic_core_schema__"):
        return serializer_of(kind).to_python(value, by_alias=True)
    met = {} if met is None else met
    if id(value) in met:
        return met[id(value)][1]
    new: Any
    match value:
        case dict():
            new = {}
            met[id(value)] = value, new
            new.update((_opened(key, met), _opened(one, met)) for key, one in value.items())
        case list() | Iterator():
            new = []
            met[id(value)] = value, new
            new.extend(_opened(one, met) for one in value)
        case tuple() | set() | frozenset():
            new = [_opened(one, met) for one in value]
            try:
                new = kind(new)
            except TypeError:  # a set of models: dictionaries fit into no set
                pass
        case _ if dataclasses.is_dataclass(kind):
            fields = dataclasses.fields(value)
            new = {one.name: _opened(getattr(value, one.name), met) for one in fields}
        case _:
            new = value
    return new


_PLAIN = frozenset({str, int, float, bool, type(None)})
_OPENED: _Schema = {"type": "function-plain", "function": _opened}
_OPENED_ANY: _Schema = {**_ANY, "serialization": _OPENED}


class _StandIn(type):
    """A class that the instances of another one are of."""

    real: type

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.real)


class _Nothing:
    """What no value is of."""


#: For its sake, pydantic looks at a union once more, and less strictly.
_NEVER: _Schema = {
    "type": "model",
    "cls": _Nothing,
    "schema": {"type": "model-fields", "fields": {}},
}


def _stand_in(real: type) -> _StandIn:
    own = _StandIn(real.__name__, (), {"__module__": real.__module__})
    own.real = real
    return own
