"""A pydantic core schema in, a small tree out: what forms and error paths need to know of a type.

Recursive types make a tree that is built as it is walked. A path names places as people do, by
the names that a form sends and by positions: ``("lines", 0, "qty")``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, cached_property, partial
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic_core import CoreSchema, SchemaValidator

from .records import Record

Path: TypeAlias = tuple[str | int, ...]

#: The key of a core schema's metadata under which a file type and its rules are written.
FILE_RULES = "flask_actions"


class Shape(Record):
    """What every node knows: whether None fits, and whether it must never be shown again."""

    nullable: bool = False
    secret: bool = False


class Field(Record):
    """One member of an object.

    :ivar paths: where its value is looked for, the most usual first: aliases as pydantic takes
        them, an ``AliasPath`` being longer than one.
    """

    name: str
    required: bool
    paths: tuple[Path, ...]
    build: Callable[[], Shape]

    @property
    def shape(self) -> Shape:
        return self.build()

    @cached_property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """The paths as names of a form, in parts: an alias may be written ``user.name`` itself."""
        return tuple(spell(path) for path in self.paths)


class Fields(Shape):
    """An object with named members: a model, a dataclass, a typed dict, a named tuple."""

    name: str
    fields: Mapping[str, Field]
    extra: Literal["ignore", "allow", "forbid"] = "ignore"

    @cached_property
    def named(self) -> Mapping[str, list[tuple[Path, Field, Path]]]:
        """By the first part of every name that an error or a form may use: the whole name, whose
        it is, and what a form calls it."""
        named: dict[str, list[tuple[Path, Field, Path]]] = {}
        for one in self.fields.values():
            # The plain name stands in errors where loc_by_alias is False.
            called: dict[Path, Path] = {(one.name,): one.paths[0]}
            called |= {path: path for path in (*one.spellings, *one.paths)}
            for path, usual in called.items():
                named.setdefault(str(path[0]), []).append((path, one, usual))
        return named

    @cached_property
    def plain(self) -> Mapping[Path, Path]:
        """By the path of a name that only one member has: what a form calls it."""
        return {
            (name,): ways[0][2]
            for name, ways in self.named.items()
            if len(ways) == 1 and ways[0][0] == (name,)
            if not isinstance(ways[0][1].shape, Tagged)
        }

    @cached_property
    def slots(self) -> list[Slot]:
        """The places of the members."""
        return slots_of(self.fields.values())

    @cached_property
    def flat(self) -> Mapping[str, Flat] | None:
        """The members by name, where all are single values under one plain name, and no others
        count; None elsewhere."""
        members: dict[str, Flat] = {}
        for one in self.fields.values():
            shape, path = one.shape, one.paths[0]
            plain = len(one.paths) == 1 and one.spellings[0] == path
            if not (isinstance(shape, Leaf) and plain and len(path) == 1) or shape.kind == "any":
                return None
            members[str(path[0])] = (shape, one.required)
        return members if self.extra == "ignore" else None


#: A member that is a single value, and whether it is required.
Flat: TypeAlias = "tuple[Leaf, bool]"

#: A place in an object: its path in the data, its name in parts, and the members that look there.
Slot = tuple[Path, tuple[str, ...], list[Field]]


def slots_of(members: Iterable[Field]) -> list[Slot]:
    """The places of *members*, plain names before the longer ones of an ``AliasPath``."""
    slots: dict[Path, Slot] = {}
    for one in members:
        for path, parts in zip(one.paths, one.spellings, strict=True):
            slots.setdefault(path, (path, parts, []))[2].append(one)
    return sorted(slots.values(), key=lambda slot: len(slot[0]))


class Items(Shape):
    """A list, set, tuple or anything else of values in a row.

    :ivar container: what a strict type insists on, ``list`` elsewhere.
    :ivar fixed: every position has a type of its own.
    """

    kind: str
    builds: tuple[Callable[[], Shape], ...]
    fixed: bool = False
    container: type[Any] = list
    max_length: int | None = None

    def at(self, index: int) -> Shape:
        """The shape of the item at a position; beyond the last, that of the last."""
        return self.builds[min(index, len(self.builds) - 1)]() if self.builds else _ANY


class Entries(Shape):
    """A dict with free keys."""

    key: Shape
    build: Callable[[], Shape]

    @property
    def value(self) -> Shape:
        return self.build()


class Tagged(Shape):
    """A union whose member is named by a discriminator.

    :ivar discriminator: the places where the tag stands, or a function of the raw data.
    :ivar errors: the types of the errors that are about the tag itself.
    """

    discriminator: tuple[Path, ...] | Callable[[Any], Any]
    choices: Mapping[Any, Shape]
    errors: frozenset[str] = frozenset({"union_tag_not_found", "union_tag_invalid"})

    def choice(self, tag: Any) -> Shape | None:
        """The member of a tag, compared as text: a form knows no numbers and no enums."""
        text = text_of(tag)
        return next((one for own, one in self.choices.items() if text_of(own) == text), None)


class Variants(Shape):
    """A plain union: pydantic tries its members."""

    choices: tuple[Shape, ...]


class Leaf(Shape):
    """A value without parts.

    :ivar kind: pydantic's word for it (``int``, ``str``, ``literal``), or ``file``.
    :ivar values: all the values there are, of a literal or an enum.
    :ivar bare: what a strict type's text is converted by, without its constraints.
    :ivar max_size: of a file, in bytes.
    :ivar accept: the types of a file, as in HTML's ``accept``.
    """

    kind: str
    values: tuple[Any, ...] = ()
    strict: bool = False
    bare: CoreSchema | None = None
    max_size: int | None = None
    accept: tuple[str, ...] = ()

    @cached_property
    def checkbox(self) -> bool:
        """A bool, or a literal of bools."""
        kinds = {type(one) for one in self.values}
        return self.kind == "bool" or (self.kind == "literal" and kinds == {bool})

    @cached_property
    def as_sent(self) -> bool:
        """Whether pydantic gets any text, but an empty one, as it was sent."""
        return not self.checkbox and (self.kind == "str" or (not self.values and self.bare is None))

    @cached_property
    def keeps_empty(self) -> bool:
        """An empty text is a value: of a ``str``, and of what only a function knows."""
        return self.kind in ("str", "any", "function-plain") or "" in map(text_of, self.values)

    @cached_property
    def converter(self) -> SchemaValidator | None:
        """Makes a strict type's value of its text."""
        return None if self.bare is None else SchemaValidator(self.bare)


_ANY = Leaf(kind="any")


def shape_of(core_schema: CoreSchema) -> Shape:
    """The shape of ``TypeAdapter(T).core_schema``."""
    return _Reader().read(core_schema, {})


def clean_path(shape: Shape, loc: Sequence[str | int], error: str = "") -> Path:
    """The path that a person expects for a pydantic error's ``loc``.

    Union members, tags and ``[key]`` are left out, and what cannot be walked stays as it is. An
    error about a union's tag, which pydantic reports at the union, is at the discriminator.

    :param error: the error's type.
    """
    loc = tuple(loc)
    plain = _straight(shape, loc)
    if plain is not None:
        return plain
    # All ways at once, the best one per place and position: trying unions one after the other
    # takes exponential time in recursive ones.
    reached: list[dict[int, _Trace]] = [{} for _ in range(len(loc) + 1)]
    reached[0][id(shape)] = _Trace(shape)
    for position in range(len(loc)):
        for trace in reached[position].values():
            for after, found in _steps(trace, loc, position):
                best = reached[after].get(id(found.shape))
                if best is None or found.faults < best.faults:
                    reached[after][id(found.shape)] = found
    end = min(reached[-1].values(), key=lambda trace: trace.faults)
    if isinstance(end.shape, Tagged) and error in end.shape.errors:
        return end.path + _own_path(end.shape)
    return end.path


def place_of(shape: Shape, path: Sequence[str | int]) -> Path | None:
    """The place that a person means by *path*, as a form calls it; None if there is no such place.

    A field is known by its own name as well as by its alias, and what is below an open-ended type
    is anywhere.
    """
    path = tuple(path)
    reached: list[dict[int, tuple[Shape, Path]]] = [{} for _ in range(len(path) + 1)]
    _enter(shape, (), reached[0])
    somewhere: Path | None = None
    for position in range(len(path)):
        for one, here in reached[position].values():
            for after, below, usual in _below(one, path, position):
                _enter(below, here + usual, reached[after])
            if somewhere is None and _is_open(one):
                somewhere = here + path[position:]
    ends = reached[-1].values()
    return next((here for _, here in ends), somewhere)


def names_in(shape: Shape, depth: int = 4) -> Iterator[str]:
    """The names that a form for a shape may have, the first position standing for all."""
    yield from dict.fromkeys(".".join(map(str, path)) for path in _paths_in(shape, (), depth))


def shapes_at(shape: Shape, path: Sequence[str | int]) -> list[Shape]:
    """Every shape that the value at *path* may have, the items' own where it has several values."""
    found = _passed(shape, tuple(path))[-1].values()
    return [one for one in found if not isinstance(one, Items | Tagged | Variants)]


def leaf_at(shape: Shape, path: Sequence[str | int]) -> Leaf | None:
    """The first leaf at *path*; of ``tags``, the leaf of its items."""
    return next((one for one in shapes_at(shape, path) if isinstance(one, Leaf)), None)


def is_secret(shape: Shape, path: Sequence[str | int]) -> bool:
    """Whether anything at, above or (in a list) below *path* may be a secret."""
    path = tuple(path)
    for position, reached in enumerate(_passed(shape, path)):
        for one in reached.values():
            if one.secret or any(below.secret for below in _begun(one, path[position:])):
                return True
    return False


def holds_secret(shape: Shape) -> bool:
    """Whether there is a secret anywhere in a shape."""
    return any(one.secret for one in _every(shape, {}))


def holds_file(shape: Shape) -> bool:
    """Whether there is a file anywhere in a shape."""
    return any(isinstance(one, Leaf) and one.kind == "file" for one in _every(shape, {}))


def holds_strict(shape: Shape) -> bool:
    """Whether anything in a shape takes less from Python than from JSON."""
    return any(
        one.container is not list
        if isinstance(one, Items)
        else isinstance(one, Leaf) and one.strict and (one.bare is not None or one.kind == "enum")
        for one in _every(shape, {})
    )


def max_upload(shape: Shape) -> int:
    """The bytes that the files of a shape may have together: a list counts as often as it may grow.

    A list without a bound, and a type within itself, count once; of a union, the largest member.
    """
    return _sum(shape, lambda leaf: leaf.max_size or 0)


def most_fields(shape: Shape) -> int:
    """The fields that a form for a shape may have, counted likewise."""
    return _sum(shape, lambda leaf: 1)


def _sum(shape: Shape, of_leaf: Callable[[Leaf], int]) -> int:
    known: dict[int, int] = {}

    def total(shape: Shape) -> int:
        if isinstance(shape, Leaf):
            return of_leaf(shape)
        key = id(shape.fields if isinstance(shape, Fields) else shape)
        if key not in known:
            known[key] = 0  # what is within itself
            known[key] = inside(shape)
        return known[key]

    def inside(shape: Shape) -> int:
        match shape:
            case Items(fixed=True):
                return sum(total(build()) for build in shape.builds)
            case Items():
                return total(shape.at(0)) * (1 if shape.max_length is None else shape.max_length)
            case Entries():
                return total(shape.value)
            case Tagged() | Variants():
                return max(map(total, choices_of(shape)), default=0)
            case Fields():
                return sum(total(one.shape) for one in shape.fields.values())
        return 0

    return total(shape)


def choices_of(shape: Tagged | Variants) -> tuple[Shape, ...]:
    """The members of a union."""
    return shape.choices if isinstance(shape, Variants) else tuple(shape.choices.values())


def text_of(value: Any) -> str:
    """A literal's or an enum's value as a form writes it."""
    return str(value.value if isinstance(value, Enum) else value)


#: Between the words of a name.
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_of(name: str) -> tuple[str, ...]:
    """A name in lower-case words, whatever its spelling."""
    return tuple(HUMP.sub(" ", name.replace("_", " ")).lower().split())


_PASSWORD = re.compile("(.* )?password|passwd|passphrase|password (confirm|confirmation|repeat)")


def means_password(name: str) -> bool:
    """Whether a text of that name is shown as a password."""
    return _PASSWORD.fullmatch(" ".join(words_of(name))) is not None


_NAME = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^\[\]]+\])*(?:\[\])?")  # linear, whatever comes
_PART = re.compile(r"\[([^\[\]]+)\]|([^.\[\]]+)")


def split_name(name: str) -> tuple[str, ...]:
    """The parts of a form field's name: those of ``lines[0].qty`` and ``lines.0.qty`` are the same.

    A malformed name is one part, as it stands.
    """
    if "[" not in name and "]" not in name:
        parts = name.split(".")
        return tuple(parts) if all(parts) else (name,)
    if not _NAME.fullmatch(name):
        return (name,)
    return tuple(one[1] or one[2] for one in _PART.finditer(name))


def spell(path: Path) -> tuple[str, ...]:
    """A path in the parts of a form field's name."""
    return tuple(part for step in path for part in split_name(str(step)))


# --- walking -----------------------------------------------------------------------------------


class _Trace(NamedTuple):
    """How far an error's place was followed.

    :ivar shape: None where nothing is known any more.
    :ivar faults: steps that could not be followed, and union labels that do not fit.
    """

    shape: Shape | None
    path: Path = ()
    faults: tuple[int, int] = (0, 0)


def _straight(shape: Shape, loc: Path) -> Path | None:
    """The path where only one way leads, as it does without unions: most errors are there."""
    path: Path = ()
    for step in loc:
        match shape:
            case Fields():
                ways = shape.named.get(str(step), ())
                if len(ways) != 1 or ways[0][0] != (step,):
                    return None
                _, field, usual = ways[0]
                path, shape = path + usual, field.shape
            case Items() if isinstance(step, int):
                path, shape = (*path, step), shape.at(step)
            case _:
                return None
    return None if isinstance(shape, Tagged) else path


def _steps(trace: _Trace, loc: Path, position: int) -> Iterator[tuple[int, _Trace]]:
    lost, odd = trace.faults
    step = loc[position]
    match trace.shape:
        case Variants(choices=choices):
            for choice in choices:
                if isinstance(step, str):
                    faults = (lost, odd + _misfit(choice, step))
                    yield position + 1, _Trace(choice, trace.path, faults)
                else:  # no label is a number: a validator of the user's own reports such a place
                    yield from _steps(_Trace(choice, trace.path, trace.faults), loc, position)
        case Tagged(choices=tags):
            own = str(step)
            named = [one for tag, one in tags.items() if own in _spelt(tag)]
            for choice in named:
                yield position + 1, _Trace(choice, trace.path, trace.faults)
            for choice in () if named else tags.values():
                yield from _steps(_Trace(choice, trace.path, trace.faults), loc, position)
        case Entries() if loc[position + 1 :] == ("[key]",):
            yield len(loc), _Trace(None, (*trace.path, step), trace.faults)
        case shape:
            found = False
            for after, below, path in _below(shape, loc, position):
                found = True
                yield after, _Trace(below, trace.path + path, trace.faults)
            if not found:
                yield position + 1, _Trace(None, (*trace.path, step), (lost + 1, odd))


def _spelt(tag: Any) -> tuple[str, ...]:
    """A tag as pydantic may write it in a path; a bool as a number."""
    return text_of(tag), str(tag), repr(tag), str(int(tag)) if isinstance(tag, bool) else ""


def _below(shape: Shape | None, path: Path, position: int) -> Iterator[tuple[int, Shape, Path]]:
    """One step down from anything but a union: the position after it, what is there, its name."""
    step = path[position]
    match shape:
        case Fields():
            for own, one, usual in shape.named.get(str(step), ()):
                after = position + len(own)
                if [*map(str, path[position:after])] == [*map(str, own)]:
                    yield after, one.shape, usual
        case Items():
            if isinstance(step, int) or re.fullmatch("0|[1-9][0-9]*", step):
                yield position + 1, shape.at(int(str(step)[:9])), (step,)
        case Entries():
            yield position + 1, shape.value, (step,)


def _enter(shape: Shape, here: Path, into: dict[int, tuple[Shape, Path]]) -> None:
    """Put a shape among those that were reached, and a union's members with it."""
    if id(shape) not in into:
        into[id(shape)] = (shape, here)
        for choice in choices_of(shape) if isinstance(shape, Tagged | Variants) else ():
            _enter(choice, here, into)


def _is_open(shape: Shape) -> bool:
    """Whether nobody knows what is below."""
    if isinstance(shape, Fields):
        return shape.extra == "allow"
    return isinstance(shape, Leaf) and shape.kind in _OPEN


_OPEN = frozenset({"any", "json", "is-instance", "function-plain"})


def _paths_in(shape: Shape, here: Path, depth: int) -> Iterator[Path]:
    if here:
        yield here
    if depth == 0:
        return
    match shape:
        case Fields():
            for one in shape.fields.values():
                yield from _paths_in(one.shape, here + one.paths[0], depth - 1)
        case Items() if not isinstance(shape.at(0), Leaf):
            yield from _paths_in(shape.at(0), (*here, 0), depth - 1)
        case Tagged() | Variants():
            for choice in choices_of(shape):
                yield from _paths_in(choice, here, depth - 1)


def _misfit(choice: Shape, label: str) -> int:
    """How badly pydantic's label of a union member fits: 0, 1 or 2."""
    match choice:
        case Fields(name=name):
            return 0 if label == name else 1 if name in label else 2
        case Items(kind=kind):
            return 0 if label.startswith(f"{kind}[") else 1 if f"{kind}[" in label else 2
        case Entries():
            return 0 if label.startswith("dict[") else 1 if "dict[" in label else 2
        case Tagged():
            return 0 if label.startswith("tagged-union[") else 1 if "tagged-union[" in label else 2
        case Leaf(kind=kind):
            return 0 if label.startswith(kind) else 1 if kind in label else 2
    return 1


def _own_path(union: Tagged) -> Path:
    """Where a union's tag stands, under the name that its members go by in a form."""
    if callable(union.discriminator):
        return ()
    members = [one for one in union.choices.values() if isinstance(one, Fields)]
    usual = {one.paths[0] for member in members for one in member.fields.values()}
    return next((path for path in union.discriminator if path in usual), union.discriminator[0])


def _passed(shape: Shape, path: Path) -> list[dict[int, Shape]]:
    """The shapes that each beginning of *path* may have, by identity: at the end, *path*'s own."""
    reached: list[dict[int, Shape]] = [{} for _ in range(len(path) + 1)]
    _settle(shape, reached[0], ended=not path)
    for position in range(len(path)):
        for one in reached[position].values():
            for after, below, _ in _below(one, path, position):
                _settle(below, reached[after], ended=after == len(path))
    return reached


def _every(shape: Shape, seen: dict[int, Shape]) -> Iterator[Shape]:
    """Every node once, however a type contains itself."""
    if id(shape) in seen:
        return
    seen[id(shape)] = shape
    yield shape
    match shape:
        case Fields(fields=fields):
            below = [one.shape for one in fields.values()]
        case Items(builds=builds):
            below = [build() for build in builds]
        case Entries():
            below = [shape.key, shape.value]
        case Tagged() | Variants():
            below = [*choices_of(shape)]
        case _:
            below = []
    for one in below:
        yield from _every(one, seen)


def _settle(shape: Shape, into: dict[int, Shape], *, ended: bool) -> None:
    """Put a shape among the reached, and with it a union's members; at the end, a list's items."""
    if id(shape) in into:
        return
    into[id(shape)] = shape
    match shape:
        case Tagged() | Variants():
            for choice in choices_of(shape):
                _settle(choice, into, ended=ended)
        case Items(builds=builds) if ended:
            for build in builds:
                _settle(build(), into, ended=ended)


def _begun(shape: Shape, path: Path) -> Iterator[Shape]:
    """Members whose ``AliasPath`` goes on where *path* ends: a repeated ``auth`` for ``auth.0``."""
    if isinstance(shape, Fields) and path:
        for own, one, _ in shape.named.get(str(path[0]), ()):
            if len(own) > len(path) and [*map(str, own[: len(path)])] == [*map(str, path)]:
                yield one.shape


# --- reading -----------------------------------------------------------------------------------

_Schema: TypeAlias = Mapping[str, Any]
_ROWS: dict[str, type[Any]] = {
    "list": list,
    "generator": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
}
# Those that a strict validator takes from no text, though a text says which value is meant.
_NUMBERS = frozenset({"bool", "int", "float", "decimal", "complex"})
_BARE = _NUMBERS | {"bytes", "uuid", "date", "time", "datetime", "timedelta"}


class _Reader:
    """Reads one schema; its definitions are read once, when they are met."""

    def __init__(self) -> None:
        self._definitions: dict[str, _Schema] = {}
        self._known: dict[tuple[str, bool], Shape] = {}

    def read(self, schema: _Schema, config: _Schema) -> Shape:
        """The shape of *schema*, which stands in a model with *config*."""
        shape = self._read(schema, config)
        if isinstance(shape, Leaf) and (rules := (schema.get("metadata") or {}).get(FILE_RULES)):
            sizes = [size for size in (shape.max_size, rules.get("max_size")) if size is not None]
            shape = shape.but(
                kind="file",
                max_size=min(sizes, default=None),
                accept=rules.get("accept", shape.accept),
            )
        return shape.but(secret=True) if _says_secret(schema) and not shape.secret else shape

    def _read(self, schema: _Schema, config: _Schema) -> Shape:
        match schema["type"]:
            case "definitions":
                self._definitions |= {one["ref"]: one for one in schema["definitions"]}
                return self.read(schema["schema"], config)
            case "definition-ref":
                known = (schema["schema_ref"], bool(config.get("strict")))
                if known not in self._known:
                    self._known[known] = self.read(self._definitions[known[0]], config)
                return self._known[known]
            case "nullable":
                return self.read(schema["schema"], config).but(nullable=True)
            case "model" | "dataclass":
                return self.read(schema["schema"], schema.get("config", {}))
            case "model-fields" | "typed-dict" | "dataclass-args" | "named-tuple" | "arguments":
                return self._object(schema, schema.get("config", config))
            case "call":
                return self.read(schema["arguments_schema"], config)
            case "dict" | "counter":
                anything = {"type": "any"}
                values = schema.get("values_schema", anything)
                key = self.read(schema.get("keys_schema", anything), config)
                return Entries(key=key, build=cache(partial(self.read, values, config)))
            case kind if kind in _ROWS:
                return self._row(schema, config)
            case "union":
                return self._union(schema, config)
            case "tagged-union":
                return self._tagged(schema, config)
            case "chain":
                # The first step sees what was sent; a mere check of its class says little.
                steps = [one for one in schema["steps"] if _past(one)["type"] != "is-instance"]
                return self.read((steps or schema["steps"])[0], config)
            case "json-or-python":
                return self.read(schema["python_schema"], config)
            case "lax-or-strict":
                return self._lax_or_strict(schema, config)
            case "json":
                return Leaf(kind="json")
            case _ if "schema" in schema:  # a default, a function around it, an error of its own
                return self.read(schema["schema"], config)
        return _leaf(schema, config)

    def _object(self, schema: _Schema, config: _Schema) -> Fields:
        members = schema.get("fields", schema.get("arguments_schema"))
        if isinstance(members, Mapping):
            members = [{"name": name, **member} for name, member in members.items()]
        fields = {
            member["name"]: Field(
                name=member["name"],
                required=member.get("required", True) and member["schema"]["type"] != "default",
                paths=_paths(member, config),
                build=cache(partial(self._member, member, config)),
            )
            for member in members or ()
            if member.get("init", True)
        }
        name = schema.get("model_name") or schema.get("dataclass_name") or schema.get("cls_name")
        extra: Any = schema.get("extra_behavior") or config.get("extra_fields_behavior")
        owner = getattr(schema.get("cls"), "__name__", "")
        return Fields(name=name or owner, fields=fields, extra=extra or "ignore")

    def _member(self, member: _Schema, config: _Schema) -> Shape:
        shape = self.read(member["schema"], config)
        text = shape.at(0) if isinstance(shape, Items) else shape
        named = isinstance(text, Leaf) and text.kind == "str" and means_password(member["name"])
        return shape.but(secret=True) if named or _says_secret(member) else shape

    def _row(self, schema: _Schema, config: _Schema) -> Items:
        kind = schema["type"]
        inner = schema.get("items_schema") or {"type": "any"}
        inners = inner if isinstance(inner, list) else [inner]
        strict = schema.get("strict", config.get("strict", False))
        return Items(
            kind=kind,
            builds=tuple(cache(partial(self.read, one, config)) for one in inners),
            fixed=kind == "tuple" and schema.get("variadic_item_index") is None,
            container=_ROWS[kind] if strict else list,
            max_length=schema.get("max_length"),
        )

    def _union(self, schema: _Schema, config: _Schema) -> Shape:
        choices = [one[0] if isinstance(one, tuple) else one for one in schema["choices"]]
        if len(choices) == 1:  # pydantic makes no union of it either
            return self.read(choices[0], config)
        empty = any(one["type"] == "none" for one in choices)
        sent = [one for one in choices if one["type"] not in ("none", "missing-sentinel")]
        # No form sends an instance, so its class does not count; but a text for another class
        # than str is no str.
        made = [one for one in sent if _past(one)["type"] != "is-instance"]
        shapes = [self.read(one, config) for one in made or sent]
        if len(made) < len(sent):
            shapes = [
                one.but(kind="is-instance")
                if isinstance(one, Leaf) and one.kind == "str" and not one.secret
                else one
                for one in shapes
            ]
        return Variants(choices=tuple(shapes), nullable=empty)

    def _tagged(self, schema: _Schema, config: _Schema) -> Tagged:
        found = schema["discriminator"]
        if isinstance(found, str):
            found = [[found]]
        elif isinstance(found, list) and found and not isinstance(found[0], list):
            found = [found]
        own = schema.get("custom_error_type")
        return Tagged(
            discriminator=found if callable(found) else tuple(tuple(path) for path in found),
            choices={tag: self.read(one, config) for tag, one in schema["choices"].items()},
            errors=frozenset({own}) if own else Tagged.errors,
        )

    def _lax_or_strict(self, schema: _Schema, config: _Schema) -> Shape:
        lax = self.read(schema["lax_schema"], config)
        strict = schema.get("strict", config.get("strict", False))
        demanded = _past(schema["strict_schema"])
        if demanded["type"] == "is-instance":  # a class of its own, so not str; its text converts
            if isinstance(lax, Items):
                return lax.but(container=demanded["cls"] if strict else list)
            if isinstance(lax, Leaf | Variants) and not lax.secret:
                bare = schema["lax_schema"] if strict else None
                return Leaf(kind="is-instance", strict=strict, bare=bare, nullable=lax.nullable)
        return lax


def _leaf(schema: _Schema, config: _Schema) -> Leaf:
    kind = schema["type"]
    strict = bool(schema.get("strict", config.get("strict", False)))
    values = tuple(schema.get("expected") or schema.get("members") or ())
    bare: Any = {"type": kind} if strict and kind in _BARE else None
    return Leaf(
        kind=kind,
        values=tuple(one for one in values if one is not None),
        strict=strict,
        bare=bare,
        nullable=kind == "none" or None in values,
    )


def _paths(member: _Schema, config: _Schema) -> tuple[Path, ...]:
    alias = member.get("validation_alias", member.get("alias"))
    if isinstance(alias, str):
        alias = [[alias]]
    elif alias and not isinstance(alias[0], list):
        alias = [alias]
    aliases = [tuple(path) for path in alias or ()] if config.get("validate_by_alias", True) else []
    by_name = config.get("validate_by_name") or config.get("populate_by_name")
    if by_name or not aliases:
        aliases.append((member["name"],))
    return tuple(dict.fromkeys(aliases))


def _past(schema: _Schema) -> _Schema:
    """The schema that Python values meet first."""
    while schema["type"] in ("json-or-python", "chain"):
        schema = schema["python_schema"] if "python_schema" in schema else schema["steps"][0]
    return schema


def _says_secret(schema: _Schema) -> bool:
    """Whether the schema is one of pydantic's secret types, or wants to be shown as a password."""
    extra = (schema.get("metadata") or {}).get("pydantic_js_extra")
    html = extra.get("html") if isinstance(extra, Mapping) else None
    if isinstance(html, Mapping) and "password" in (html.get("control"), html.get("type")):
        return True
    # Only their functions tell of pydantic's.
    functions = [schema.get("function"), schema.get("serialization")]
    for one in functions:
        made = one.get("function") if isinstance(one, dict) else one
        if getattr(made, "__module__", "") == "pydantic.types":
            if "secret" in getattr(made, "__qualname__", "").lower():
                return True
    return False
