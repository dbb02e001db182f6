"""A rich value in, the value that a strict type insists on out, where JSON would have done.

A strict type takes from JSON a date in a text and a set in a list, but in Python only the date and
the set. A rich body has them all: whoever sends a ``Date`` in one member may send a text in the
next. Guided by the type's shape; every value is met once, with all the types that it may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import is_
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from .shapes import Entries, Fields, Items, Leaf, Path, Shape, Tagged, Variants, choices_of

#: What a value may be, and where it is within: the rest of an ``AliasPath``.
_Wanted = Sequence[tuple[Path, Shape]]


def fit(value: Any, shape: Shape) -> Any:
    """*value* as the type of *shape* wants it; what does not fit stays, and pydantic says so."""
    return _fit(value, [((), shape)])


def _fit(value: Any, wanted: Iterable[tuple[Path, Shape]]) -> Any:
    known: dict[Any, tuple[Path, Shape]] = {}
    for rest, shape in wanted:
        _enter(rest, shape, value, known)
    found = [*known.values()]
    if not found:
        return value
    if isinstance(value, dict):
        return _fit_members(value, found)
    if isinstance(value, (list, set, tuple)):
        return _fit_items(value, found)
    return _fit_leaf(value, [one for rest, one in found if not rest and isinstance(one, Leaf)])


def _enter(rest: Path, shape: Shape, value: Any, known: dict[Any, tuple[Path, Shape]]) -> None:
    """Put a shape among those that a value may have, in place of a union its members."""
    key = (rest, id(shape))
    if key in known:
        return
    known[key] = rest, shape
    if not rest and isinstance(shape, Tagged | Variants):
        chosen = _chosen(shape, value) if isinstance(shape, Tagged) else None
        for choice in choices_of(shape) if chosen is None else [chosen]:
            _enter((), choice, value, known)


def _chosen(shape: Tagged, value: Any) -> Shape | None:
    """The member that the discriminator names."""
    if callable(shape.discriminator) or not isinstance(value, dict):
        return None
    tags = (value.get(path[0]) for path in shape.discriminator if len(path) == 1)
    return next((one for tag in tags if (one := shape.choice(tag)) is not None), None)


def _fit_members(value: dict[Any, Any], wanted: _Wanted) -> Any:
    keys = [((), one.key) for rest, one in wanted if not rest and isinstance(one, Entries)]
    members = []
    for key, one in value.items():  # no comprehensions, each of which is a call to Python's stack
        name = _fit(key, keys)
        members.append((name, _fit(one, _below(wanted, key, len(value)))))
    if all(map(is_, chain.from_iterable(members), chain.from_iterable(value.items()))):
        return value
    return type(value)(members)


def _fit_items(value: Any, wanted: _Wanted) -> Any:
    items = []
    for place, one in enumerate(value):
        items.append(_fit(one, _below(wanted, place, len(value))))
    kinds = [one.container for rest, one in wanted if not rest and isinstance(one, Items)]
    if kinds and list not in kinds and not isinstance(value, tuple(kinds)):
        return _made(kinds[0], items)
    return value if all(map(is_, items, value)) else _made(type(value), items)


def _made(kind: Any, items: list[Any]) -> Any:
    try:
        return kind(items)
    except TypeError:  # items that no set holds: pydantic says so
        return items


def _below(wanted: _Wanted, step: Any, length: int) -> Iterator[tuple[Path, Shape]]:
    """What may be one step down."""
    for rest, shape in wanted:
        if rest:
            fits = rest[0] == step or (isinstance(step, int) and rest[0] == step - length)
            yield from [(rest[1:], shape)] if fits else []
            continue
        match shape:
            case Fields() if isinstance(step, str):
                for path, one, _ in shape.named.get(step, ()):
                    yield path[1:], one.shape
            case Fields() if isinstance(step, int):  # a named tuple
                yield from (((), one.shape) for one in [*shape.fields.values()][step : step + 1])
            case Items() if isinstance(step, int):
                yield (), shape.at(step)
            case Entries():
                yield (), shape.value


def _fit_leaf(value: Any, leaves: Sequence[Leaf]) -> Any:
    """A single value as one of the *leaves* wants it."""
    if value is None or isinstance(value, bool) or any(_takes(one, value) for one in leaves):
        return value
    return next((new for one in leaves if (new := _typed(value, one)) is not value), value)


def _takes(leaf: Leaf, value: Any) -> bool:
    return not leaf.strict or leaf.kind == "any" or (leaf.kind == "str" and isinstance(value, str))


def _typed(value: Any, leaf: Leaf) -> Any:
    if leaf.kind == "enum":
        return next((one for one in leaf.values if _same(one.value, value)), value)
    if leaf.converter is None:
        return value
    try:
        if isinstance(value, (str, int, float)):
            text = to_json(value, inf_nan_mode="constants")
            return leaf.converter.validate_json(text, strict=True)
        if leaf.kind == "date" and isinstance(value, datetime):
            return leaf.converter.validate_python(value, strict=False)
    except ValidationError:
        pass
    return value


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)
