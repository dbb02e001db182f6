"""A pydantic type in, a tree of form controls out: kinds, labels, choices and HTML constraints.

An attribute stands only where it never refuses what the model accepts: what has no HTML twin is
left out, and the server says the rest. Where that decides:

- ``required``: where an empty control is refused. An empty text is a value of ``str``, so there it
  needs a ``min_length`` or a pattern. Not within an optional group, which may stay empty as a
  whole, and not in the members of a union, of which one is meant.
- Lengths: HTML counts UTF-16 code units, pydantic code points, never more of them. So
  ``minlength`` is safe, and ``maxlength`` only where no character takes two units; elsewhere the
  ``pattern`` counts. A textarea's line break is one unit to the browser, two to the server.
- ``pattern``: from the syntax that all dialects share, widened where pydantic searches.
- ``min``, ``max``: "greater than" only where the next value is known: of an int, of a date, and
  of a decimal with its places or a multiple.
- Nothing, where a function of the application sees the value before pydantic does.

``type="email"`` alone is narrower than its type: email-validator takes letters beyond ASCII before
the @, and ``Ada <ada@example.org>``. ``{"html": {"control": "text"}}`` lets them in.

A field says what it wants instead by ``Field(json_schema_extra={"html": {...}})``:

- ``"control"``: the kind, such as ``"radio"``, ``"range"``, ``"textarea"`` or ``"month"``;
- ``"labels"``: texts of choices, ``{"de": "Germany"}``;
- ``"groups"``: the choices of each group, ``{"Europe": ["de", "fr"]}``;
- any other name is an attribute: ``{"autocomplete": "off", "min": "1"}``; None leaves it out.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from enum import Enum
from functools import cache, cached_property, partial
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from pydantic import TypeAdapter

from .shapes import (
    HUMP,
    Entries,
    Fields,
    Items,
    Leaf,
    Shape,
    Tagged,
    Variants,
    choices_of,
    means_password,
    shape_of,
    spell,
    text_of,
    words_of,
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the values that a control offers."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One value, or several of one kind.

    :ivar kind: an input's type, or ``select``, ``textarea``, ``checkboxes``.
    :ivar required: the server refuses it empty. The attribute stands in :attr:`attrs` only where
        the browser may say so too.
    :ivar attrs: HTML attributes without ``type``, ``id``, ``name`` and ``value``.
    :ivar choices: with an empty one first, where none may be chosen or none is chosen yet.
    :ivar default: the model's own; None within an optional group, which is empty at first.
    :ivar secret: never rendered with a value. The names that an application lists as secret are
        known elsewhere.
    :ivar multiple: one of several, under the same name.
    """

    kind: str
    label: str
    hint: str
    required: bool
    attrs: Mapping[str, str | bool]
    choices: tuple[Choice, ...] = ()
    default: Any = None
    secret: bool = False
    multiple: bool = False

    def text(self, value: Any) -> str:
        """A Python value as this control writes it."""
        if value is None or self.secret:
            return ""
        match value:
            case Enum():
                return text_of(value)
            case bool():
                return "true" if value else "false"
            case datetime() | time():
                whole = value.second == value.microsecond == 0
                short = "milliseconds" if value.microsecond % 1000 == 0 else "microseconds"
                spec = "minutes" if whole else "auto" if value.microsecond == 0 else short
                return value.isoformat(timespec=spec)
            case date():
                return value.isoformat()
            case Decimal() if value.is_finite():
                return format(value, "f")
            case bytes():
                return value.decode(errors="replace")
        return str(value)

    def showing(self, text: str) -> Control:
        """The control that can show *text*, which need not be valid: else this one.

        A browser empties a number, a date or a colour that it cannot read, takes line breaks out
        of a line, and counts steps from the value that an input was rendered with.
        """
        if self.kind == "text" and ("\n" in text or "\r" in text):
            return _as(self, "textarea")
        reads = _READABLE.get(self.kind)
        if not text or reads is None:
            return self
        if not reads(text):
            plain = _as(self, "text")
            if self.kind != "number" or "inputmode" in plain.attrs:
                return plain
            return replace(plain, attrs={**plain.attrs, "inputmode": "decimal"})
        step = self.attrs.get("step", "1")
        if self.kind == "number" and "min" not in self.attrs and step != "any":
            if not _is_multiple(text, str(step)):
                return replace(self, attrs={**self.attrs, "step": "any"})
        return self


@dataclass(frozen=True, kw_only=True)
class Group:
    """A model, a dataclass, a typed dict, a tuple: members by the name that a form sends.

    :ivar required: it is not left out when all its fields are empty.
    :ivar default: the model's own value for the whole group.
    :ivar recursive: it stands within itself: whoever walks :attr:`members` stops here.
    :ivar model: its name, as the catalogues of labels have it.
    :ivar names: what the model calls the members, where a form calls them otherwise.
    """

    label: str
    hint: str
    required: bool
    members: Mapping[str, Node]
    default: Any = None
    recursive: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A list of models, or of lists.

    :ivar build: what one row is.
    :ivar recursive: a row may hold such rows itself: there are as many as were given or sent.
    """

    label: str
    hint: str
    required: bool
    build: Callable[[], Node] = field(repr=False)
    min_length: int | None = None
    max_length: int | None = None
    default: Any = None
    recursive: bool = False


@dataclass(frozen=True, kw_only=True)
class Union_:
    """One of several models, told by a discriminator.

    :ivar discriminator: the name of the field that holds the tag. It is not among the members.
    """

    label: str
    hint: str
    required: bool
    discriminator: str
    choices: Mapping[str, Group]
    default: Any = None

    @property
    def recursive(self) -> bool:
        """Whether one of its models stands within itself: whoever walks them stops here."""
        return any(one.recursive for one in self.choices.values())


Node: TypeAlias = Control | Group | Rows | Union_


def controls_of(type_: Any) -> Node:
    """The controls of a type that a ``TypeAdapter`` takes.

    :raises pydantic.errors.PydanticUserError: if pydantic cannot describe it.
    """
    known = _known.get(id(type_))
    if known is None:
        schema: Any = TypeAdapter(type_).core_schema
        # With the type, which keeps its identity from being another's.
        known = _known[id(type_)] = (type_, _Reader().top(schema))
        if len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)
    return known[1]


# By identity: Annotated types need not be hashable.
_known: OrderedDict[int, tuple[Any, Node]] = OrderedDict()
_MOST_KNOWN = 2_000


# --- reading -----------------------------------------------------------------------------------

_Schema: TypeAlias = Mapping[str, Any]


class _Place(NamedTuple):
    """Where a type stands.

    :ivar needed: it has no default.
    :ivar free: what it demands is not demanded while all around it is empty.
    :ivar sure: no function sees the data before pydantic.
    :ivar inside: the models around it, as far as the next rows.
    :ivar around: all of them.
    """

    name: str = ""
    label: str = ""
    hint: str = ""
    examples: tuple[Any, ...] = ()
    html: Mapping[str, Any] = MappingProxyType({})
    multiline: bool = False
    needed: bool = True
    free: bool = False
    sure: bool = True
    multiple: bool = False
    default: Any = None
    inside: tuple[int, ...] = ()
    around: frozenset[int] = frozenset()


class _Core(NamedTuple):
    """A schema without what is wrapped around it.

    :ivar sure: no function of the application sees the value before this schema.
    :ivar bounds: constraints that pydantic checks in functions of its own.
    :ivar makers: the names of pydantic's classes whose functions are around it.
    """

    schema: _Schema
    config: _Schema
    sure: bool
    bounds: Mapping[str, Any]
    makers: frozenset[str]
    default: Any
    metadata: tuple[_Schema, ...]


_Makers: TypeAlias = Mapping[str, Callable[[], "Node | None"]]


class _Members(Mapping[str, Node]):
    """Nodes by name, each made when it is first asked for: types may contain themselves.

    :param makers: by name; a function that gives them, where the names need nodes themselves.
    """

    def __init__(self, makers: _Makers | Callable[[], _Makers]) -> None:
        self._given = makers
        self._made: dict[str, Node | None] = {}

    @cached_property
    def _makers(self) -> _Makers:
        return self._given() if callable(self._given) else self._given

    def __getitem__(self, name: str) -> Node:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        made = self._made[name]
        if made is None:
            raise KeyError(name)
        return made

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._makers if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<members {', '.join(self._makers)}>"


class _Reader:
    """Reads a schema together with its shape, which says what forms make of it."""

    def __init__(self) -> None:
        self._definitions: dict[str, _Schema] = {}

    def top(self, schema: Any) -> Node:
        found = self.read(schema, {}, shape_of(schema), _Place())
        return found or Group(label="", hint="", required=False, members={})

    def read(self, schema: _Schema, config: _Schema, shape: Shape, place: _Place) -> Node | None:
        """The node of a type; None for what no form can send."""
        core = self._core(schema, config)
        place = _described(place, core.metadata)
        if place.default is None and core.default is not None and not place.free:
            place = place._replace(default=core.default)
        choices = [*_flat(shape)]
        nullable = shape.nullable or any(one.nullable for one in choices)
        if isinstance(shape, Variants) and len(choices) == 1:
            secret = shape.secret or choices[0].secret
            shape = choices[0].but(nullable=nullable, secret=secret)
        match shape:
            case Leaf():
                return _control(core, shape, place)
            case Items(fixed=True):
                return self._positions(core, shape, place)
            case Items():
                return self._items(core, shape, place)
            case Entries(key=Leaf(values=values)) if values:
                return self._entries(core, shape, place)
            case Entries():
                return None  # its keys are the user's to name
            case Fields():
                return self._group(core, shape, place)
            case Tagged() if not callable(shape.discriminator):
                return self._tagged(core, shape, place)
        return self._variants(core, shape, place, nullable)

    def _core(self, schema: _Schema, config: _Schema) -> _Core:
        sure, default = True, None
        bounds: dict[str, Any] = {}
        metadata: list[_Schema] = []
        makers: set[str] = set()
        while True:
            metadata.append(schema.get("metadata") or {})
            function = _function(schema)
            match schema["type"]:
                case "definitions":
                    self._definitions |= {one["ref"]: one for one in schema["definitions"]}
                    below = schema["schema"]
                case "definition-ref":
                    below = self._definitions[schema["schema_ref"]]
                case "default":
                    default = _default(schema) if default is None else default
                    below = schema["schema"]
                case "function-after" if isinstance(function, partial) and _is_own(function):
                    bounds = {**function.keywords, **bounds}
                    below = schema["schema"]
                case "function-after" | "function-before" | "function-wrap":
                    if not _is_own(function):
                        # What it gives, and so what is checked after it, is not what was typed.
                        bounds = {}
                        sure = sure and schema["type"] == "function-after"
                    owner = getattr(function, "__self__", None)
                    makers.add(getattr(owner, "__name__", ""))
                    below = schema["schema"]
                case "chain":
                    steps = [one for one in schema["steps"] if one["type"] != "is-instance"]
                    below, bounds = (steps or schema["steps"])[0], {}
                case "json-or-python":
                    below = schema["python_schema"]
                case "lax-or-strict":
                    below = schema["lax_schema"]
                case "union":
                    sent = _sent(schema)
                    if len(sent) != 1:
                        break
                    below = sent[0]
                case "model" | "dataclass":
                    config = schema.get("config", {})
                    sure = sure and not schema.get("custom_init")
                    below = schema["schema"]
                case "call":
                    below = schema["arguments_schema"]
                case "json":
                    break
                case _ if "schema" in schema:
                    below = schema["schema"]
                case _:
                    break
            schema = below
        return _Core(
            schema=schema,
            config=schema.get("config", config),
            sure=sure,
            bounds=bounds,
            makers=frozenset(makers | {_maker(schema)}),
            default=default,
            metadata=tuple(metadata),
        )

    def _group(self, core: _Core, shape: Fields, place: _Place, without: str = "") -> Group:
        key = id(shape.fields)
        required = place.needed and not shape.nullable
        around = place._replace(
            free=place.free or not required,
            sure=place.sure and core.sure,
            inside=(*place.inside, key),
            around=place.around | {key},
        )
        makers: dict[str, Callable[[], Node | None]] = {}
        names: dict[str, str] = {}
        for member in _members_of(core.schema):
            one = shape.fields.get(member["name"])
            name = ".".join(spell(one.paths[0])) if one is not None else ""
            if one is not None and name != without:
                at = _below(around, one.name, needed=one.required)
                at = _described(at, ((member.get("metadata") or {}),))
                makers.setdefault(name, partial(self._member, member["schema"], core, one, at))
                names.setdefault(name, one.name)
        return Group(
            label=_label(place) or readable(shape.name),
            hint=place.hint,
            required=required,
            members=_Members(makers),
            default=place.default,
            recursive=key in place.inside,
            names=names,
            model=shape.name,
        )

    def _member(self, schema: _Schema, core: _Core, one: Any, place: _Place) -> Node | None:
        return self.read(schema, core.config, one.shape, place)

    def _positions(self, core: _Core, shape: Items, place: _Place) -> Group:
        """A tuple of different types."""
        required = place.needed and not shape.nullable
        around = place._replace(free=place.free or not required, sure=place.sure and core.sure)
        makers: dict[str, Callable[[], Node | None]] = {}
        for index, schema in enumerate(core.schema.get("items_schema", ())):
            at = _below(around, str(index))._replace(label=str(index + 1))
            makers[str(index)] = partial(self.read, schema, core.config, shape.at(index), at)
        return _plain_group(place, makers, required)

    def _entries(self, core: _Core, shape: Entries, place: _Place) -> Group:
        """A dict whose keys are known."""
        required = place.needed and not shape.nullable
        around = place._replace(free=True, sure=place.sure and core.sure)
        values: Any = core.schema.get("values_schema", {"type": "any"})
        keys = shape.key.values if isinstance(shape.key, Leaf) else ()
        makers: dict[str, Callable[[], Node | None]] = {}
        for key in keys:
            at = _below(around, text_of(key))._replace(label=_choice(key).label)
            at = at._replace(needed=False)
            makers[text_of(key)] = partial(self.read, values, core.config, shape.value, at)
        return _plain_group(place, makers, required)

    def _items(self, core: _Core, shape: Items, place: _Place) -> Node | None:
        item = shape.at(0)
        schema = core.schema.get("items_schema") or {"type": "any"}
        schema = schema[0] if isinstance(schema, list) else schema
        around = place._replace(sure=place.sure and core.sure)
        required = place.needed and not shape.nullable
        if all(isinstance(one, Leaf) for one in _flat(item)):
            at = around._replace(multiple=True, needed=required)
            found = self.read(schema, core.config, item, at)
            return found
        # A row that is there is looked at, be the list optional or not; and rows are as many as
        # there are, so a model may stand in rows of its own.
        at = _below(around._replace(inside=()), "")
        return Rows(
            label=_label(place),
            hint=place.hint,
            required=required and place.sure,
            build=cache(lambda: self._row(schema, core.config, item, at)),
            min_length=_least(core.schema.get("min_length"), core.bounds.get("min_length")),
            max_length=shape.max_length,
            default=place.default,
            recursive=not place.around.isdisjoint(_models_in(item)),
        )

    def _row(self, schema: _Schema, config: _Schema, item: Shape, place: _Place) -> Node:
        found = self.read(schema, config, item.but(nullable=False), place)
        return found or Group(label="", hint="", required=False, members={})

    def _tagged(self, core: _Core, shape: Tagged, place: _Place) -> Union_ | Group:
        name = _discriminator(shape)
        schemas: Mapping[Any, _Schema] = core.schema["choices"]
        labels = place.html.get("labels") or {}
        groups: dict[str, Group] = {}
        for tag, one in shape.choices.items():
            label = labels.get(text_of(tag)) or _choice(tag).label
            inner = self._core(schemas[tag], core.config)
            at = _described(_below(place, ""), inner.metadata)
            at = at._replace(free=True, sure=place.sure and core.sure and inner.sure)
            if isinstance(one, Fields):
                titled = at._replace(label=label)
                groups[text_of(tag)] = self._group(inner, one, titled, without=name)
            else:
                found = self.read(schemas[tag], core.config, one, at)
                members = found.members if isinstance(found, Group) else {}
                groups[text_of(tag)] = Group(label=label, hint="", required=True, members=members)
        return Union_(
            label=_label(place),
            hint=place.hint,
            required=place.needed and not shape.nullable,
            discriminator=name,
            choices=groups,
            default=place.default,
        )

    def _variants(self, core: _Core, shape: Shape, place: _Place, nullable: bool) -> Node | None:
        """A union without a tag, or whose tag only a function knows."""
        at = place._replace(sure=place.sure and core.sure)
        leaves = [one for one in _flat(shape) if isinstance(one, Leaf)]
        if len(leaves) == len([*_flat(shape)]):
            return _leaves(core, leaves, at, nullable)
        # Its fields are those of all its members: which one is meant shows when it is sent.
        free = at._replace(free=True, default=None, html={}, examples=())
        nodes = [
            self.read(schema, config, one, free)
            for schema, config, one in self._pairs(core.schema, core.config, shape)
        ]
        groups = [group for one in nodes if (group := _as_group(one)) is not None]

        def makers() -> _Makers:
            names = dict.fromkeys(name for one in groups for name in one.members)
            return {name: partial(_merged, groups, name) for name in names}

        group = _plain_group(place, makers, place.needed and not nullable)
        return replace(group, recursive=any(one.recursive for one in groups))

    def _pairs(
        self, schema: _Schema, config: _Schema, shape: Shape
    ) -> Iterator[tuple[_Schema, _Schema, Shape]]:
        """The members of a union as schema, its configuration and shape."""
        match shape:
            case Variants(choices=choices):
                core = self._core(schema, config)
                schemas = [*_sent(core.schema)]
                for one, choice in zip(schemas, choices, strict=False):
                    yield from self._pairs(one, core.config, choice)
            case Tagged(choices=tags) if callable(shape.discriminator):
                core = self._core(schema, config)
                for tag, choice in tags.items():
                    yield from self._pairs(core.schema["choices"][tag], core.config, choice)
            case _:
                yield schema, config, shape


# --- schemas -----------------------------------------------------------------------------------


def _flat(shape: Shape) -> Iterator[Shape]:
    """A shape, or the members of a plain union and of unions within it."""
    if isinstance(shape, Variants):
        for choice in shape.choices:
            yield from _flat(choice)
    else:
        yield shape


def _models_in(shape: Shape) -> Iterator[int]:
    """The models that a shape is, or may be, as the places around it have them."""
    if isinstance(shape, Fields):
        yield id(shape.fields)
    elif isinstance(shape, Tagged | Variants):
        for one in choices_of(shape):
            yield from _models_in(one)


def _sent(schema: _Schema) -> list[_Schema]:
    """The members of a union that a form can send, as :func:`shape_of` counts them."""
    choices = [one[0] if isinstance(one, tuple) else one for one in schema.get("choices", ())]
    sent = [one for one in choices if one["type"] not in ("none", "missing-sentinel")]
    return [one for one in sent if one["type"] != "is-instance"] or sent


def _members_of(schema: _Schema) -> list[_Schema]:
    members = schema.get("fields", schema.get("arguments_schema")) or ()
    if isinstance(members, Mapping):
        return [{"name": name, **member} for name, member in members.items()]
    return [*members]


def _function(schema: _Schema) -> Any:
    function = schema.get("function")
    return function.get("function") if isinstance(function, Mapping) else function


def _is_own(function: Any) -> bool:
    """Whether a function is pydantic's: of its types, which read text as their schema says."""
    if isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__module__", "")).partition(".")[0] == "pydantic"


def _maker(schema: _Schema) -> str:
    """The class whose method makes the value, by name."""
    return getattr(getattr(_function(schema), "__self__", None), "__name__", "")


def _default(schema: _Schema) -> Any:
    """A default that is known without the application's code."""
    factory = schema.get("default_factory")
    if factory in (list, dict, set, tuple, frozenset, str, int, float, bool):
        return factory()
    return schema.get("default") if factory is None else None


def _described(place: _Place, metadata: Iterable[_Schema]) -> _Place:
    """The place with what a field says of itself, the outermost first."""
    for one in metadata:
        said = one.get("pydantic_js_updates") or {}
        extra = one.get("pydantic_js_extra")
        extra = extra if isinstance(extra, Mapping) else {}
        html = extra.get("html")
        place = place._replace(
            label=place.label or said.get("title", ""),
            hint=place.hint or said.get("description", ""),
            examples=place.examples or tuple(said.get("examples") or ()),
            html={**(html if isinstance(html, Mapping) else {}), **place.html},
            multiline=place.multiline or extra.get("format") == "multiline",
        )
    return place


def _below(place: _Place, name: str, *, needed: bool = True) -> _Place:
    """A place within a place."""
    return _Place(
        name=name,
        needed=needed,
        free=place.free,
        sure=place.sure,
        inside=place.inside,
        around=place.around,
    )


def _discriminator(shape: Tagged) -> str:
    """The name of the field that holds the tag, as its members call it in a form."""
    members = [one for one in shape.choices.values() if isinstance(one, Fields)]
    usual = {one.paths[0] for member in members for one in member.fields.values()}
    paths: Any = shape.discriminator
    return ".".join(spell(next((path for path in paths if path in usual), paths[0])))


# --- groups ------------------------------------------------------------------------------------


def _plain_group(place: _Place, makers: _Makers | Callable[[], _Makers], required: bool) -> Group:
    return Group(
        label=_label(place),
        hint=place.hint,
        required=required,
        members=_Members(makers),
        default=place.default,
    )


def _as_group(node: Node | None) -> Group | None:
    """A member of a plain union as a group; None for what is no object."""
    if not isinstance(node, Union_):
        return node if isinstance(node, Group) else None
    groups = [*node.choices.values()]
    tags = tuple(Choice(value=tag, label=one.label) for tag, one in node.choices.items())
    tag = Control(
        kind="select",
        label=readable(node.discriminator),
        hint="",
        required=node.required,
        attrs={},
        choices=(_NOTHING, *tags),
    )

    def makers() -> _Makers:
        names = dict.fromkeys(name for one in groups for name in one.members)
        members = {name: partial(_merged, groups, name) for name in names}
        return {node.discriminator: lambda: tag, **members}

    if not groups:
        return None
    return replace(groups[0], members=_Members(makers), recursive=node.recursive)


def _merged(groups: list[Group], name: str) -> Node | None:
    """One field for those of that name in several models."""
    nodes = [one.members[name] for one in groups if name in one.members]
    controls = [one for one in nodes if isinstance(one, Control)]
    if len(controls) < len(nodes) or not controls:
        return next(iter(nodes), None)
    first, everywhere = controls[0], len(nodes) == len(groups)
    required = everywhere and all(one.required for one in controls)
    choices = tuple(dict.fromkeys(choice for one in controls for choice in one.choices))
    kinds = {one.kind for one in controls}
    if kinds <= {"select", "hidden", "radio"}:
        kind = first.kind if len(choices) == len(first.choices) else "select"
        if kind == "select" and _NOTHING not in choices:
            choices = (_NOTHING, *choices)
        return replace(first, kind=kind, required=required, choices=choices)
    same = {
        name: value
        for name, value in first.attrs.items()
        # A model without the field accepts whatever stands there.
        if all(one.attrs.get(name) == value for one in controls)
        and (everywhere or name not in _CONSTRAINTS)
    }
    merged = replace(
        first,
        required=required,
        attrs=same,
        choices=choices,
        secret=any(one.secret for one in controls),
        default=first.default if len(nodes) == 1 else None,
    )
    if len(kinds) > 1:
        return _as(merged, "password" if merged.secret else "text")
    if first.kind == "number" and "step" not in same:
        return replace(merged, attrs={**same, "step": "any"})
    return merged


# --- controls ----------------------------------------------------------------------------------


def _control(core: _Core, leaf: Leaf, place: _Place) -> Control | None:
    """The control of a single value, or of several in a list."""
    if leaf.kind in ("none", "callable"):
        return None
    if leaf.values or leaf.checkbox:
        return _chosen(leaf, place)
    kind, attrs, empty = _reading(core, leaf, place)
    if place.multiple:
        must = place.needed and place.sure
    else:
        must = not leaf.nullable and place.sure and (place.needed or leaf.kind == "str")
        must = must and not empty
    secret = leaf.secret or kind == "password"
    control = Control(
        kind=kind,
        label=_label(place),
        hint=place.hint,
        required=must,
        attrs=attrs,
        default=None if secret else place.default,
        secret=secret,
        multiple=place.multiple,
    )
    words = words_of(place.name)
    extra: dict[str, str | bool] = {}
    if token := _AUTOCOMPLETE.get(words):
        extra["autocomplete"] = token
    if place.examples and not secret and kind in _WITH_PLACEHOLDER:
        extra["placeholder"] = control.text(place.examples[0])
    if must and not place.free and (kind == "file" or not place.multiple):
        extra["required"] = True
    return _wished(replace(control, attrs={**extra, **attrs}), place)


def _label(place: _Place) -> str:
    return place.label or readable(place.name)


def _chosen(leaf: Leaf, place: _Place) -> Control:
    """A box, or a choice among the values of a literal or an enum."""
    nullable = leaf.nullable
    if leaf.checkbox and not nullable and not place.multiple:
        # An unticked box is false, which is refused only where nothing but true is allowed.
        must = leaf.values == (True,) and place.needed and place.sure
        control = Control(
            kind="checkbox",
            label=_label(place),
            hint=place.hint,
            required=must,
            attrs={"required": True} if must and not place.free else {},
            default=place.default,
        )
        return _wished(control, place)
    values: tuple[Any, ...] = leaf.values or (True, False)
    choices = [_choice(value) for value in values]
    keeps = "" in map(text_of, values) and not nullable
    must = place.needed and place.sure and (place.multiple or not (nullable or keeps))
    return _choosing(choices, place, must, nullable or keeps)


def _choosing(choices: list[Choice], place: _Place, must: bool, nullable: bool) -> Control:
    labels = place.html.get("labels") or {}
    groups = place.html.get("groups") or {}
    group_of = {str(value): group for group, values in groups.items() for value in values}
    choices = [
        replace(
            one,
            label=labels.get(one.value, one.label),
            group=group_of.get(one.value, one.group),
        )
        for one in choices
    ]
    kind = place.html.get("control", "")
    default = place.default
    if place.multiple:
        kind = kind or ("checkboxes" if len(choices) <= _MOST_BOXES else "select")
    elif not kind and len(choices) == 1 and must and not place.free:
        kind, default = "hidden", choices[0].value
    else:
        kind = kind or "select"
        open_ = nullable or place.free or (default is None and kind == "select")
        if open_ and all(one.value for one in choices):
            choices = [_NOTHING, *choices]
    attrs: dict[str, str | bool] = {}
    if token := _AUTOCOMPLETE.get(words_of(place.name)):
        attrs["autocomplete"] = token
    if place.multiple and kind == "select":
        attrs["multiple"] = True
    if must and not place.free:
        attrs["required"] = True
    control = Control(
        kind=kind,
        label=_label(place),
        hint=place.hint,
        required=must,
        attrs=attrs,
        choices=tuple(choices),
        default=default,
        multiple=place.multiple,
    )
    return _wished(control, place)


def _leaves(core: _Core, leaves: list[Leaf], place: _Place, nullable: bool) -> Control | None:
    """Single values of different types: all their choices, else any text."""
    if all(one.values for one in leaves) and not all(one.checkbox for one in leaves):
        types = [{type(value) for value in one.values} for one in leaves]
        enums = all(issubclass(one, Enum) for each in types for one in each)
        choices = [
            replace(_choice(value), group=readable(type(value).__name__) if enums else "")
            for one in leaves
            for value in one.values
        ]
        empty = nullable or any(one.keeps_empty for one in leaves)
        must = place.needed and place.sure and (place.multiple or not empty)
        return _choosing(choices, place, must, empty)
    keeps = any(one.keeps_empty for one in leaves)
    secret = any(one.secret for one in leaves)
    numbers = {one.kind for one in leaves} <= {"int", "float", "decimal"}
    kind = "any" if keeps else "float" if numbers else "union"
    leaf = Leaf(kind=kind, nullable=nullable, secret=secret)
    return _control(core._replace(schema={"type": kind}), leaf, place)


_NOTHING = Choice(value="", label="")
#: From here on, a list that scrolls is easier to take in than boxes.
_MOST_BOXES = 12


def _choice(value: Any) -> Choice:
    """A value of a literal or an enum; an enum's members may have a ``label`` and a ``group``."""
    if isinstance(value, bool):
        return Choice(value="true" if value else "false", label="Yes" if value else "No")
    if isinstance(value, Enum):
        own = [getattr(value, name, "") for name in ("label", "group")]
        label, group = (one if type(one) is str else "" for one in own)
        text = text_of(value)
        # A code such as EUR is its own value; DONE is a word.
        name = value.name if value.name == text else value.name.lower()
        return Choice(value=text, label=label or readable(name), group=group)
    text = text_of(value)
    plain = isinstance(value, str) and re.fullmatch("[a-z][a-z0-9]*([_-][a-z0-9]+)*", text)
    return Choice(value=text, label=readable(text) if plain else text)


def readable(name: str) -> str:
    """A name for people: ``first_name`` and ``firstName`` are "First name"."""
    words = HUMP.sub(" ", name.replace("_", " ").replace("-", " ").replace(".", " ")).split()
    if len(words) > 1 or len(name) > 3:  # what is short may be EUR, or PNG
        shout = name.upper() == name
        words = [
            one.lower() if shout or not (one.isupper() and len(one) > 1) else one for one in words
        ]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


# --- constraints -------------------------------------------------------------------------------

_Attrs: TypeAlias = dict[str, "str | bool"]


def _reading(core: _Core, leaf: Leaf, place: _Place) -> tuple[str, _Attrs, bool]:
    """The kind of a control, its constraints, and whether the model accepts an empty text."""
    if leaf.kind == "file":
        attrs: _Attrs = {"accept": ",".join(leaf.accept)} if leaf.accept else {}
        return "file", attrs | ({"multiple": True} if place.multiple else {}), False
    schema = core.schema
    sure = core.sure and place.sure
    if leaf.kind == "str":
        return _text(core, leaf, place)
    empty = leaf.keeps_empty
    if leaf.secret:
        return "password", {}, empty
    if leaf.kind != schema["type"]:
        return "text", {}, empty
    bounds = {**core.bounds, **schema}
    # Without these an int would refuse what a function makes of "2.5".
    match leaf.kind:
        case "int" | "float" | "decimal" if core.sure:
            attrs = _number(bounds, leaf.kind)
            low = attrs.get("min")
            if isinstance(low, str) and Decimal(low) >= 0:  # such keypads have no minus
                attrs["inputmode"] = "numeric" if leaf.kind == "int" else "decimal"
            if not sure:
                attrs = {"step": "any"}
            return "number", attrs, empty
        case "int" | "float" | "decimal":
            return "text", {"inputmode": "numeric" if leaf.kind == "int" else "decimal"}, empty
        case "date" if core.sure:
            return "date", _dates(bounds) if sure else {}, empty
        case "time" if core.sure:
            return "time", {**(_times(bounds) if sure else {}), "step": "any"}, empty
        case "datetime" if core.sure and schema.get("tz_constraint") in (None, "naive"):
            attrs = _moments(bounds) if sure else {}
            return "datetime-local", {**attrs, "step": "any"}, empty
        case "url":
            return ("url", {}, empty) if core.sure else ("text", {"inputmode": "url"}, empty)
        case "json":
            return "textarea", {}, empty
        case "function-plain" if "Color" in core.makers and not leaf.nullable and core.sure:
            # Always has a colour, so not where there may be none.
            return ("text" if place.free or not place.needed else "color"), {}, False
    return "text", {}, empty


def _text(core: _Core, leaf: Leaf, place: _Place) -> tuple[str, _Attrs, bool]:
    """The kind and the constraints of a ``str``, and whether it may be empty."""
    schema, config = core.schema, core.config
    words = words_of(place.name)
    kind = "text"
    attrs: _Attrs = {}
    least = _most(
        schema.get("min_length", config.get("str_min_length")), core.bounds.get("min_length")
    )
    most = _least(
        schema.get("max_length", config.get("str_max_length")), core.bounds.get("max_length")
    )
    email = "EmailStr" in core.makers
    if leaf.secret or means_password(place.name):
        kind = "password"
    elif email:
        kind = "email" if core.sure else "text"
        attrs |= {} if core.sure else {"inputmode": "email"}
    elif place.multiline or (most is not None and most > 200):
        kind = "textarea"
    elif most is None and schema.get("pattern") is None and words in _LONG and not place.multiple:
        kind = "textarea"
    elif words in _PHONES:
        kind = "tel"
    elif words in _SEARCHES:
        kind = "search"
    elif mode := _INPUTMODES.get(words):
        attrs["inputmode"] = mode
    kind = place.html.get("control") or kind
    if not (core.sure and place.sure) or schema["type"] != "str":
        return kind, attrs, True
    strip = schema.get("strip_whitespace", config.get("str_strip_whitespace", False))
    engine = schema.get("regex_engine", config.get("regex_engine"))
    pattern = schema.get("pattern")
    found = None if pattern is None else translate(pattern, engine)
    narrow = bool(schema.get("ascii_only")) or (found is not None and found.narrow)
    if least and least > 1 and kind != "textarea":
        attrs["minlength"] = str(least)
    if most is not None and narrow and not strip and kind != "textarea":
        attrs["maxlength"] = str(most)
        most = None
    if expression := _expression(found, most, bool(strip)):
        attrs["pattern"] = expression
    empty = not (least or email or (found is not None and not found.empty))
    return kind, attrs, empty


def _expression(found: Pattern | None, most: int | None, strip: bool) -> str:
    """One ``pattern`` for a pattern and a greatest length, around which there may be blanks."""
    blanks = r"\p{White_Space}*" if strip else ""
    parts = [found.text] if found is not None else []
    # Not maxlength: it cuts, and counts an emoji twice. [^] is any character.
    parts += [f"[^]{{0,{most}}}"] if most is not None else []
    if strip:
        parts = [f"{blanks}(?:{one}){blanks}" for one in parts]
    if len(parts) == 2:
        return f"(?=(?:{parts[1]})$)(?:{parts[0]})"
    return parts[0] if parts else ""


def _most(*bounds: Any) -> Any:
    return max((one for one in bounds if one is not None), default=None)


def _least(*bounds: Any) -> Any:
    return min((one for one in bounds if one is not None), default=None)


# Beyond, doubles are no longer exact, in Python as in the browser.
_SAFE = 2**53 - 1


def _number(bounds: Mapping[str, Any], kind: str) -> _Attrs:
    """``min``, ``max`` and ``step``: the accepted values are multiples of the step, or it is any.

    A browser counts steps from ``min``, so it is moved up to such a multiple.
    """
    exact = {
        name: value
        for name in ("ge", "gt", "le", "lt", "multiple_of")
        if (value := _exact(bounds.get(name))) is not None
    }
    step = _step(bounds, exact, kind)
    low, high = exact.get("ge"), exact.get("le")
    if step is not None:
        lows = [_up(low, step)] if low is not None else []
        highs = [_down(high, step)] if high is not None else []
        if (above := exact.get("gt")) is not None:
            lows.append(_down(above, step) + step)
        if (below := exact.get("lt")) is not None:
            highs.append(_up(below, step) - step)
        low, high = max(lows, default=None), min(highs, default=None)
    if kind == "decimal" and (digits := bounds.get("max_digits")) is not None and digits < 16:
        places = bounds.get("decimal_places")
        most = Decimal(10) ** (digits - (places or 0)) - Decimal(10) ** -(places or 0)
        if places is None or places <= digits:
            high = most if high is None else min(high, most)
            if low is None or low < -most:
                low = -most if step is None else _up(-most, step)
    attrs: _Attrs = {"step": "any" if step is None else _plain(step)}
    if low is not None and abs(low) <= _SAFE:
        attrs["min"] = _plain(low)
    if high is not None and abs(high) <= _SAFE:
        attrs["max"] = _plain(high)
    return attrs


def _step(bounds: Mapping[str, Any], exact: Mapping[str, Decimal], kind: str) -> Decimal | None:
    multiple = exact.get("multiple_of")
    if multiple is not None and multiple <= 0:
        multiple = None
    if kind == "int":
        # An int that is a multiple of 2.5 is still an int.
        return multiple if multiple is not None and multiple % 1 == 0 else Decimal(1)
    if kind == "decimal":
        places = bounds.get("decimal_places")
        return multiple or (None if places is None else Decimal(10) ** -places)
    if multiple is not None and {"ge", "le"} <= exact.keys():
        # Pydantic is lax by a billionth of the value, Chromium by a part of the step.
        reach = max(abs(exact["ge"]), abs(exact["le"]))
        return multiple if reach * 2**24 <= multiple * 10**9 else None
    return None


def _exact(bound: Any) -> Decimal | None:
    if isinstance(bound, bool) or not isinstance(bound, int | float | Decimal):
        return None
    number = Decimal(repr(bound)) if isinstance(bound, float) else Decimal(bound)
    return number if number.is_finite() and len(number.as_tuple().digits) <= 16 else None


def _up(number: Decimal, step: Decimal) -> Decimal:
    return (number / step).to_integral_value(ROUND_CEILING) * step


def _down(number: Decimal, step: Decimal) -> Decimal:
    return (number / step).to_integral_value(ROUND_FLOOR) * step


def _is_multiple(text: str, step: str) -> bool:
    try:
        return not Decimal(text) % Decimal(step)
    except InvalidOperation:  # more digits than can be told apart
        return False


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _dates(bounds: Mapping[str, Any]) -> _Attrs:
    day = timedelta(days=1)
    lows = [bounds.get("ge")]
    highs = [bounds.get("le")]
    if type(above := bounds.get("gt")) is date and above < date.max:
        lows.append(above + day)
    if type(below := bounds.get("lt")) is date and below > date.min:
        highs.append(below - day)
    # Else a browser offers years of six digits, and Python has none.
    return _span(lows, [*highs, date.max], date, lambda value: value.isoformat())


def _moments(bounds: Mapping[str, Any]) -> _Attrs:
    highs = [bounds.get("le"), datetime(9999, 12, 31, 23, 59, 59, 999000)]
    return _span([bounds.get("ge")], highs, datetime, _clock)


def _times(bounds: Mapping[str, Any]) -> _Attrs:
    attrs = _span([bounds.get("ge")], [bounds.get("le")], time, _clock)
    # A browser reads them as a span over midnight.
    return {} if str(attrs.get("min", "")) > str(attrs.get("max", "~")) else attrs


def _span(
    lows: list[Any], highs: list[Any], type_: type[Any], write: Callable[[Any], str]
) -> _Attrs:
    def known(values: list[Any]) -> list[Any]:
        return [
            one for one in values if type(one) is type_ and getattr(one, "tzinfo", None) is None
        ]

    low, high = max(known(lows), default=None), min(known(highs), default=None)
    attrs: _Attrs = {}
    if low is not None and write(low):
        attrs["min"] = write(low)
    if high is not None and write(high):
        attrs["max"] = write(high)
    return attrs


def _clock(value: Any) -> str:
    """A time as HTML writes it; empty if it is finer than that."""
    if value.microsecond % 1000:
        return ""
    text: str = value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return text.removesuffix(":00") if text.count(":") == 2 else text


# --- patterns ----------------------------------------------------------------------------------


class Pattern(NamedTuple):
    """A regular expression for HTML.

    :ivar narrow: no character that it lets in takes two units of UTF-16.
    :ivar empty: it lets in the empty text.
    """

    text: str
    narrow: bool
    empty: bool


def translate(pattern: Any, engine: str | None = None) -> Pattern | None:
    """What pydantic searches for as what HTML matches a whole value with.

    None where the dialects differ, or might: word boundaries, flags, look-around, references.

    :param engine: ``"python-re"``, or pydantic's usual one.
    """
    if isinstance(pattern, re.Pattern):
        if pattern.flags != re.UNICODE or not isinstance(pattern.pattern, str):
            return None
        pattern, engine = pattern.pattern, "python-re"
    try:
        return _Translation(pattern, rust=engine != "python-re").whole()
    except _Unsure:
        return None


class _Unsure(Exception):
    """A pattern that may mean something else to a browser."""


#: What a class means to Rust, in the words of JavaScript. Digits and blanks beyond ASCII count.
_CLASSES = {
    "d": r"\p{Nd}",
    "w": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}",
    "s": r"\p{White_Space}",
}
_ESCAPABLE = frozenset("\\.+*?()[]{}|^$/-@#&~!%,:;='\"` ")
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_SYNTAX_IN_CLASS = _SYNTAX | frozenset("-&!#%,:;<=>@`~")
_CATEGORIES = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs".split()
)
_COUNT = re.compile(r"\{([0-9]{1,4})(,([0-9]{1,4})?)?\}")


class _Translation:
    """Reads a pattern from left to right."""

    def __init__(self, source: str, *, rust: bool) -> None:
        self._source = source
        self._rust = rust
        self._at = 0
        self._narrow = True

    def whole(self) -> Pattern:
        texts, empties = [], []
        while True:
            text, empty = self._alternative()
            texts.append(text)
            empties.append(empty)
            if self._at == len(self._source):
                return Pattern("|".join(texts), self._narrow, any(empties))
            self._expect("|")

    def _alternative(self) -> tuple[str, bool]:
        """One side of a top-level ``|``, with its anchors."""
        begun = self._take("^") or self._take("\\A")
        text, empty = self._sequence()
        ended = self._take("$") or self._take("\\z" if self._rust else "\\Z")
        if not (begun and ended):
            self._narrow = False
        return f"{'' if begun else '[^]*'}{text}{'' if ended else '[^]*'}", empty

    def _sequence(self) -> tuple[str, bool]:
        parts, empty = [], True
        while not self._ahead("", "|", ")", "$", "\\z", "\\Z"):
            atom, may_be_empty = self._atom()
            count, none = self._count()
            parts.append(atom + count)
            empty = empty and (may_be_empty or none)
        return "".join(parts), empty

    def _atom(self) -> tuple[str, bool]:
        one = self._next()
        match one:
            case "(":
                return self._group()
            case "[":
                return self._class(), False
            case ".":
                self._narrow = False
                return r"[^\n]", False
            case "\\":
                text, wide = self._escape(_SYNTAX)
                self._narrow = self._narrow and not wide
                return text if text.count("{") < 2 and "-" not in text else f"[{text}]", False
            case _ if one in "^*+?{}])":
                raise _Unsure
        return self._literal(one, _SYNTAX), False

    def _group(self) -> tuple[str, bool]:
        if self._take("?"):
            named = re.compile(r"P<[A-Za-z_][A-Za-z0-9_]*>").match(self._source, self._at)
            if named:
                self._at = named.end()
            else:
                self._expect(":")
        texts, empties = [], []
        while True:
            text, empty = self._sequence()
            texts.append(text)
            empties.append(empty)
            if self._take(")"):
                return f"(?:{'|'.join(texts)})", any(empties)
            self._expect("|")

    def _count(self) -> tuple[str, bool]:
        """How often the atom before may come, and whether not at all."""
        text, none = "", False
        found = _COUNT.match(self._source, self._at)
        if found:
            self._at = found.end()
            text, none = found[0], int(found[1]) == 0
            if found[3] and int(found[3]) < int(found[1]):
                raise _Unsure
        elif self._ahead("*", "+", "?"):
            text = self._next()
            none = text != "+"
        if text:
            self._take("?")  # lazy or not, the whole is the same
            if self._ahead("*", "+", "?", "{"):
                raise _Unsure
        return text, none

    def _class(self) -> str:
        negated = self._take("^")
        if negated:
            self._narrow = False
        items: list[str] = []
        while not (self._ahead("]") and items):
            start, wide = self._member()
            if self._ahead("-") and not self._ahead("-]"):
                self._next()
                if self._ahead("-"):  # Rust subtracts
                    raise _Unsure
                end, wide_end = self._member()
                if wide or wide_end or _point(start) > _point(end):
                    raise _Unsure
                start = f"{start}-{end}"
            self._narrow = self._narrow and not wide
            items.append(start)
        self._expect("]")
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _member(self) -> tuple[str, bool]:
        """One character of a class, or a class in it, which is said too."""
        one = self._next()
        if one == "\\":
            return self._escape(_SYNTAX_IN_CLASS)
        # Rust subtracts, intersects and nests classes; so does HTML, in other signs.
        if one == "[" or (one in "&-~" and self._ahead(one)):
            raise _Unsure
        return self._literal(one, _SYNTAX_IN_CLASS), False

    def _escape(self, syntax: frozenset[str]) -> tuple[str, bool]:
        one = self._next()
        if one in _ESCAPABLE:
            return self._literal(one, syntax), False
        if one == "t":
            return r"\t", False
        if one in "ds" or (one == "w" and self._rust):
            extra = r"\x1c-\x1f" if one == "s" and not self._rust else ""
            return _CLASSES[one] + extra, True
        if one == "D" or (one == "S" and self._rust):
            return _CLASSES[one.lower()].replace("p", "P", 1), True
        if one in "pP" and self._rust:
            found = re.compile(r"\{([A-Z][a-z]?)\}").match(self._source, self._at)
            if found and found[1] in _CATEGORIES:
                self._at = found.end()
                return f"\\{one}{found[0]}", True
        raise _Unsure

    def _literal(self, one: str, syntax: frozenset[str]) -> str:
        if ord(one) > 0xFFFF:
            self._narrow = False
        if not one.isprintable() or 0xD800 <= ord(one) <= 0xDFFF:
            raise _Unsure
        return f"\\{one}" if one in syntax else one

    def _next(self) -> str:
        if self._at == len(self._source):
            raise _Unsure
        self._at += 1
        return self._source[self._at - 1]

    def _ahead(self, *texts: str) -> bool:
        if self._at == len(self._source):
            return "" in texts
        return any(one and self._source.startswith(one, self._at) for one in texts)

    def _take(self, text: str) -> bool:
        found = self._ahead(text)
        self._at += len(text) if found else 0
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise _Unsure


def _point(text: str) -> int:
    return ord(text[-1]) if len(text) <= 2 and text != r"\t" else 9


# --- wishes ------------------------------------------------------------------------------------

_LINE = frozenset({"required", "minlength", "maxlength", "pattern", "placeholder", "inputmode"})
_RANGE = frozenset({"required", "min", "max", "step"})
#: The attributes that a kind has; any other attribute belongs to all.
_OF_KIND: dict[str, frozenset[str]] = {
    **dict.fromkeys(("text", "search", "tel", "url", "email", "password"), _LINE),
    **dict.fromkeys(("date", "time", "datetime-local", "month", "week"), _RANGE),
    "number": _RANGE | {"placeholder", "inputmode"},
    "range": _RANGE - {"required"},
    "textarea": frozenset({"required", "minlength", "maxlength", "placeholder", "inputmode"}),
    "file": frozenset({"required", "accept", "multiple"}),
    "select": frozenset({"required", "multiple"}),
    "checkbox": frozenset({"required"}),
    "radio": frozenset({"required"}),
}
_LIMITED = frozenset().union(*_OF_KIND.values())
_CONSTRAINTS = _LIMITED - {"placeholder", "inputmode", "accept", "multiple"}
_WITH_PLACEHOLDER = ("text", "search", "tel", "url", "email", "number", "textarea")
_WISHES = frozenset({"control", "labels", "groups"})


def _as(control: Control, kind: str) -> Control:
    """The control as another kind, without the attributes that it does not have."""
    own = _OF_KIND.get(kind, frozenset())
    kept = {
        name: value for name, value in control.attrs.items() if name in own or name not in _LIMITED
    }
    if kind == "textarea":  # it counts line breaks otherwise
        kept.pop("minlength", None)
        kept.pop("maxlength", None)
    secret = control.secret or kind == "password"
    return replace(
        control, kind=kind, attrs=kept, secret=secret, default=None if secret else control.default
    )


def _wished(control: Control, place: _Place) -> Control:
    """The control as the field wants it."""
    control = _as(control, place.html.get("control") or control.kind)
    attrs: _Attrs = {**control.attrs}
    for name, value in place.html.items():
        if name in _WISHES:
            continue
        attrs.pop(name, None)
        if value is not None and value is not False:
            attrs[name] = True if value is True else str(value)
    return replace(control, attrs=attrs)


# --- what controls can show --------------------------------------------------------------------

_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_COLOR = re.compile("#[0-9a-fA-F]{6}")
_MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")
_WEEK = re.compile("[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])")
_TIME = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?"


def _parses(form: str, parse: Callable[[str], Any]) -> Callable[[str], bool]:
    written = re.compile(form)

    def readable_by_browser(text: str) -> bool:
        if not written.fullmatch(text):
            return False
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return readable_by_browser


_READABLE: dict[str, Callable[[str], bool]] = {
    "number": lambda text: _NUMBER.fullmatch(text) is not None,
    "date": _parses("[0-9]{4}-[0-9]{2}-[0-9]{2}", date.fromisoformat),
    "time": _parses(_TIME, time.fromisoformat),
    "datetime-local": _parses(
        f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}", datetime.fromisoformat
    ),
    "month": lambda text: _MONTH.fullmatch(text) is not None,
    "week": lambda text: _WEEK.fullmatch(text) is not None,
    "color": lambda text: _COLOR.fullmatch(text) is not None,
}


# --- names -------------------------------------------------------------------------------------


def _named(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(one.split("_")) for one in text.split())


_PHONES = _named("phone telephone tel mobile phone_number mobile_number telephone_number")
_SEARCHES = _named("search search_query search_term")
_LONG = _named("body content message comment comments description notes bio")

_INPUTMODES: dict[tuple[str, ...], str] = {
    **dict.fromkeys(_named("email e_mail email_address"), "email"),
    **dict.fromkeys(_named("url website homepage"), "url"),
}

#: Names that mean the user's own, to anybody. "name", "state" and "country" may mean others.
_AUTOCOMPLETE: dict[tuple[str, ...], str] = {
    name: token
    for token, names in {
        "email": "email e_mail email_address",
        "username": "username user_name",
        "name": "full_name",
        "given-name": "first_name given_name forename firstname",
        "additional-name": "middle_name",
        "family-name": "last_name family_name surname lastname",
        "nickname": "nickname",
        "new-password": "new_password password_new password_confirm password_confirmation "
        "password_repeat confirm_password repeat_password",
        "current-password": "current_password old_password",
        "one-time-code": "otp one_time_code verification_code",
        "organization": "organization organisation company company_name",
        "organization-title": "job_title",
        "street-address": "street_address",
        "address-line1": "address_line1 address_line_1",
        "address-line2": "address_line2 address_line_2",
        "address-line3": "address_line3 address_line_3",
        "address-level2": "city",
        "postal-code": "postal_code postcode post_code zip zip_code zipcode",
        "country": "country_code",
        "country-name": "country_name",
        "bday": "birthday birth_date birthdate date_of_birth dob",
        "tel": "phone telephone tel mobile phone_number mobile_number telephone_number",
        "url": "website homepage",
        "cc-name": "card_holder cardholder cc_name",
        "cc-number": "card_number credit_card_number cc_number",
        "cc-csc": "cvv cvc cc_csc card_cvc card_cvv",
    }.items()
    for name in _named(names)
}
