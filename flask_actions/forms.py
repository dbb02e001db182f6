"""The fields of a form in, plain data for a model out: guided by its shape, never guessed.

Absent is what the data leaves out, so that the model's own defaults and "missing" errors apply.
What a type makes of a text is pydantic's own work, but for what no text can say by itself: a
ticked box, an empty field, a choice among numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from werkzeug.datastructures import FileStorage, MultiDict

from .errors import ActionError
from .shapes import (
    Entries,
    Field,
    Fields,
    Flat,
    Items,
    Leaf,
    Path,
    Shape,
    Slot,
    Tagged,
    Variants,
    holds_secret,
    is_secret,
    slots_of,
    spell,
    split_name,
    text_of,
)
from .uploads import Upload

#: Fields that are ours and never reach a model. The CSRF field is the application's to name.
RESERVED = frozenset({"_action", "_page", "_key", "_intent", "_bound", "_result"})

#: Parts of a name, the highest position in one, and the items of one list. A form written by
#: hand stays far below, as does Django's limit of 1000 fields.
MAX_DEPTH = 16
MAX_INDEX = 9_999
MAX_ITEMS = 1_000
#: Names in one form. What a megabyte of them would cost is nobody's to spend.
MAX_NAMES = 10_000


class Decoded(NamedTuple):
    """What a form says.

    :ivar data: for ``TypeAdapter.validate_python``.
    :ivar sent: gives the path as the form sent it for a path in *data*, where gaps between
        positions are closed and empty items are left out.
    """

    data: Any
    sent: Callable[[Path], Path]


def decode(
    fields: MultiDict[str, str],
    files: MultiDict[str, FileStorage],
    shape: Shape,
    ignore: Collection[str] = RESERVED,
) -> Decoded:
    """The data in a form, as the model of *shape* wants it.

    :param ignore: names that are not input.
    :raises ActionError: ``BAD_REQUEST`` if names are too deep, or lists too long.
    """
    _bound(len(fields) + len(files), "The form", "names", MAX_NAMES)
    if isinstance(shape, Fields) and not (files or shape.nullable) and shape.flat is not None:
        plain = _flat_data(fields, shape.flat, ignore)
        if plain is not None:
            return Decoded(plain, _as_sent)
    form = _grow(fields, files, ignore)
    decoder = _Decoder()
    if isinstance(shape, Leaf):  # no object: nothing says under which name it would come
        data = _raw(form)
    else:
        data = decoder.value(form, shape, _ROOT, keep=not shape.nullable)
    if data is ABSENT:
        data = None if shape.nullable else [] if isinstance(shape, Items) else {}
    return Decoded(data, decoder.sent)


def _flat_data(
    fields: MultiDict[str, str], flat: Mapping[str, Flat], ignore: Collection[str]
) -> dict[str, Any] | None:
    """The data of a form without nesting, quicker; None if some name is not plain.

    :param flat: the members, which are single values all.
    """
    sent: dict[str, list[str]] = {}
    for name, texts in fields.lists():
        if name in ignore:
            continue
        if name in flat:
            sent[name] = texts
        elif "." in name or "[" in name or "]" in name:
            return None
    data: dict[str, Any] = {}
    for name, (leaf, required) in flat.items():
        own = sent.get(name)
        value: Any
        if own is None:
            value = ABSENT
        elif own[0] and leaf.as_sent:
            data[name] = own[0]
            continue
        else:
            value = _text(own, (leaf,), leaf.nullable)
        if value is ABSENT and required:
            if own is not None and leaf.nullable:
                value = None
            elif leaf.checkbox:
                value = False
        if value is not ABSENT:
            data[name] = value
    return data


def _as_sent(path: Path) -> Path:
    return path


class Values(dict[str, str | list[str]]):
    """What a user typed, by dotted name; ``contact[email]`` finds ``contact.email``."""

    def __missing__(self, name: str) -> str | list[str]:
        dotted = ".".join(split_name(name))
        if dotted in self.keys():
            return self[dotted]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (
            super().__contains__(name) or super().__contains__(".".join(split_name(name)))
        )

    def get(self, name: str, default: Any = None, /) -> Any:
        return self[name] if name in self else default


def values(
    fields: MultiDict[str, str],
    shape: Shape | None,
    secret_words: Iterable[str],
    ignore: Collection[str] = RESERVED,
) -> Values:
    """What the user typed and may see again: raw texts, a list where a name came more than once.

    Secrets are left out: those of the model, names with a part like a secret word, and names with
    a part that begins with an underscore.

    :param shape: of the model; without one, only the names decide.
    """
    if len(fields) > MAX_NAMES:
        return Values()
    words = SecretWords(secret_words)
    guarded = shape if shape is not None and holds_secret(shape) else None
    typed: dict[str, list[str]] = {}
    for name, texts in fields.lists():
        path = split_name(name)
        if path[0] in ignore or len(path) > MAX_DEPTH or any(map(words.hide, path)):
            continue
        if guarded is None or not is_secret(guarded, path):
            typed.setdefault(".".join(path), []).extend(texts)
    return Values({name: texts[0] if len(texts) == 1 else texts for name, texts in typed.items()})


class SecretWords:
    """Tells the parts of names that hide their value."""

    def __init__(self, words: Iterable[str]) -> None:
        lowered = [word.lower() for word in words if word]
        self._long = tuple(word for word in lowered if len(word) > 3)
        self._short = tuple(word for word in lowered if len(word) <= 3)
        self._known: dict[str, bool] = {}

    def hide(self, part: str) -> bool:
        if part not in self._known:
            self._known[part] = part.startswith("_") or self._match(part)
        return self._known[part]

    def _match(self, part: str) -> bool:
        lowered = part.lower()
        if any(word in lowered for word in self._long):
            return True
        # "pin" is meant in pin_code and userPin, but not in shipping.
        pieces = [piece.lower() for piece in _WORD.findall(part)] if self._short else ()
        return any(one.startswith(self._short) or one.endswith(self._short) for one in pieces)


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+")


# --- what was sent -------------------------------------------------------------------------------


class _Absent:
    """Nothing to hand on: not None, which is a value."""


ABSENT: Final = _Absent()


class _Node:
    """One place of a form: what was sent for it, and for what is below it.

    :ivar listed: the name ended in ``[]``.
    :ivar filled: something here or below is neither an empty text nor an untouched file input.
    """

    __slots__ = ("children", "files", "filled", "listed", "values")

    def __init__(
        self, texts: Iterable[str] = (), files: Iterable[FileStorage] = (), filled: bool = False
    ) -> None:
        self.values = [*texts]
        self.files = [*files]
        self.children: dict[str, _Node] = {}
        self.listed = False
        self.filled = filled

    @property
    def chosen(self) -> list[FileStorage]:
        """The files, without untouched inputs."""
        return [file for file in self.files if file.filename]

    def find(self, parts: Sequence[str]) -> _Node | None:
        node = self
        for depth, part in enumerate(parts, start=1):
            below = node.children.get(part)
            if below is None:
                # An AliasPath may pick one of several values of a name: tags.0 or tags.-1.
                last = depth == len(parts) and re.fullmatch(r"-?[0-9]{1,4}", part)
                if last and -len(node.values) <= int(part) < len(node.values):
                    return _text_node(node.values[int(part)])
                return None
            node = below
        return node


def _text_node(text: str) -> _Node:
    return _Node([text], filled=text != "")


def _file_node(file: FileStorage) -> _Node:
    return _Node(files=[file], filled=bool(file.filename))


def _grow(
    fields: MultiDict[str, str], files: MultiDict[str, FileStorage], ignore: Collection[str]
) -> _Node:
    root = _Node()
    for name, texts in fields.lists():
        node = _place(root, name, any(text != "" for text in texts), ignore)
        node.values.extend(texts)
    for name, stored in files.lists():
        node = _place(root, name, any(file.filename for file in stored), ignore)
        node.files.extend(stored)
    return root


def _place(root: _Node, name: str, filled: bool, ignore: Collection[str]) -> _Node:
    path = split_name(name)
    if path[0] in ignore:
        return _Node()
    _bound(len(path), "A field's name", "parts", MAX_DEPTH)
    node = root
    node.filled |= filled
    for part in path:
        below = node.children.get(part)
        if below is None:
            below = node.children[part] = _Node()
        node = below
        node.filled |= filled
    node.listed |= path != (name,) and name.endswith("[]")
    return node


def _raw(node: _Node) -> Any:
    """What was sent, as plain nested data: positions from 0 without a gap make a list."""
    if node.children:
        below = {name: _raw(child) for name, child in node.children.items()}
        known = {name: value for name, value in below.items() if value is not ABSENT}
        numbers = [str(position) for position in range(len(known))]
        return [known[number] for number in numbers] if set(known) == set(numbers) else known
    parts = [*node.values, *map(Upload.of, node.chosen)]
    if not parts:
        return ABSENT
    return parts if node.listed or len(parts) > 1 else parts[0]


# --- what the model makes of it ------------------------------------------------------------------


class _Here(NamedTuple):
    """One place, by the path in the data and by the path as it was sent."""

    data: Path = ()
    sent: Path = ()

    def at(self, step: str | int, sent: str | int) -> _Here:
        return _Here((*self.data, step), (*self.sent, sent))

    def along(self, path: Path) -> _Here:
        return _Here(self.data + path, self.sent + path)


_ROOT = _Here()


class _Decoder:
    """Walks form and shape together."""

    def __init__(self) -> None:
        # Only places that moved: what is below them moved along.
        self._moved: dict[Path, Path] = {}
        self._building: list[int] = []
        self._known: dict[tuple[int, ...], list[Slot]] = {}

    def sent(self, path: Path) -> Path:
        """The path as it was sent, for one in the data."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._moved:
                return self._moved[path[:length]] + path[length:]
        return path

    def value(self, node: _Node, shape: Shape, here: _Here, *, keep: bool = False) -> Any:
        """The data of one place, or ABSENT.

        :param keep: an object is kept though nothing but empty texts was sent for it.
        """
        match shape:
            case Leaf():
                return _leaf(node, [shape], shape.nullable)
            case Items():
                return self._items(node, shape, here)
            case Entries():
                return self._entries(node, shape, here)
            case Variants():
                return self._variants(node, shape, here, keep)
            case Fields() | Tagged():
                return self._object(node, [shape], here, keep)
        raise TypeError(f"{shape!r} is no shape of a form.")

    def _items(self, node: _Node, shape: Items, here: _Here) -> Any:
        _bound(len(node.values) + len(node.files) + len(node.children), "A list", "items")
        alone = [*map(_text_node, node.values), *map(_file_node, node.files)]
        rows = [(_index(name), child) for name, child in node.children.items()]
        rows = sorted((row for row in rows if row[0] >= 0), key=lambda row: row[0])
        items: list[Any] = []
        spoken = False
        for number, (index, child) in enumerate([*enumerate(alone), *rows]):
            item, place = shape.at(len(items)), here.at(len(items), index)
            value = self.value(child, item, place, keep=number >= len(alone))
            spoken |= value is not ABSENT
            if value is ABSENT and not shape.fixed:
                continue
            if index != len(items):
                self._moved[place.data] = place.sent
            # In a tuple of different types, what is left out would shift the rest.
            items.append(value if value is not ABSENT else None if item.nullable else "")
        return self._contained(items, shape, here) if spoken else ABSENT

    def _contained(self, items: list[Any], shape: Items, here: _Here) -> Any:
        """The items as a strict type wants them: a set where it says set."""
        if shape.container is list:
            return items
        try:
            made = shape.container(items)
        except TypeError:  # items that no set holds: pydantic says so
            return items
        if issubclass(shape.container, set | frozenset):
            # Errors count the items of a set in its own order.
            first = {item: index for index, item in reversed(list(enumerate(items)))}
            sent = [self.sent((*here.data, first[item])) for item in made]
            self._moved |= {(*here.data, index): path for index, path in enumerate(sent)}
        return made

    def _entries(self, node: _Node, shape: Entries, here: _Here) -> Any:
        if not node.children:
            return _raw(node) if node.filled else ABSENT
        _bound(len(node.children), "A field", "keys")
        entries = {}
        for part, child in node.children.items():
            key = _key(part, shape.key)
            step = _step(key)
            value = self.value(child, shape.value, here.at(step, part), keep=True)
            if value is not ABSENT:
                entries[key] = value
                if step != part:
                    self._moved[(*here.data, step)] = (*here.sent, part)
        return entries or ABSENT

    def _variants(self, node: _Node, shape: Variants, here: _Here, keep: bool) -> Any:
        choices = list(_flat(shape))
        if len(choices) == 1:
            nullable = shape.nullable or choices[0].nullable
            return self.value(node, choices[0].but(nullable=nullable), here, keep=keep)
        leaves = [one for one in choices if isinstance(one, Leaf)]
        lists = [one for one in choices if isinstance(one, Items)]
        objects = [one for one in choices if isinstance(one, Fields | Tagged | Entries)]
        if lists and _looks_listed(node, bool(leaves), bool(objects)):
            return self._items(node, _one_list(lists), here)
        if objects and (node.children or not leaves):
            return self._object(node, objects, here, keep)
        nullable = shape.nullable or any(one.nullable for one in choices)
        return _leaf(node, leaves, nullable)

    def _object(self, node: _Node, members: Sequence[Shape], here: _Here, keep: bool) -> Any:
        if not keep and not node.filled:
            return ABSENT
        if len(members) == 1 and isinstance(members[0], Tagged):
            chosen = _tagged(node, members[0])
            return _plain(node) if chosen is None else self.value(node, chosen, here, keep=True)
        if node.filled and not node.children:  # a text where an object belongs: pydantic says so
            return _raw(node)
        variants: list[Fields] = []
        for one in members:
            found = _tagged(node, one) if isinstance(one, Tagged) else one
            variants += [each for each in _flat(found) if isinstance(each, Fields)] if found else []
        if not variants and len(members) == 1 and isinstance(members[0], Entries):
            return self._entries(node, members[0], here)
        if not variants:
            return _plain(node)
        open_ended = any(isinstance(one, Entries) for one in members)
        return self._fields(node, variants, here, open_ended)

    def _fields(
        self, node: _Node | None, variants: Sequence[Fields], here: _Here, open_ended: bool
    ) -> Any:
        """The members of an object; of a plain union, those of all its variants.

        A box that was not ticked is sent as nothing, and so looks like a variant without that
        box. It becomes False only in variants whose other required fields were all sent, or, if
        there are none, in all.
        """
        data: dict[Any, Any] = {}
        placed: set[int] = set()
        touched: dict[int, list[Path]] = {}
        slots = self._slots(variants)
        for path, parts, fields in slots:
            found = node.find(parts) if node is not None else None
            if found is None:
                continue
            needed = any(one.required and not one.shape.nullable for one in fields)
            value = self.value(found, _one_shape(fields), here.along(path), keep=needed)
            for one in fields:
                touched.setdefault(id(one), []).append(path)
            if value is not ABSENT:
                _put(data, path, value)
                placed |= {id(one) for one in fields}
        whole = [one for one in variants if _whole(one, placed)]
        for one in [each for variant in whole or variants for each in variant.fields.values()]:
            tried = touched.get(id(one), [])
            path = tried[0] if tried else one.paths[0]
            if tried and one.paths[0] not in tried:  # where pydantic says that it is missing
                self._moved[here.data + one.paths[0]] = here.sent + path
            if id(one) not in placed:
                value = self._unsent(one, here.along(path), bool(tried))
                if value is not ABSENT:
                    _put(data, path, value)
        if node is not None and (open_ended or any(one.extra != "ignore" for one in variants)):
            known = {parts[0] for _, parts, _ in slots}
            for name, child in node.children.items():
                if name not in known and (value := _raw(child)) is not ABSENT:
                    data.setdefault(name, value)
        return data

    def _slots(self, variants: Sequence[Fields]) -> list[Slot]:
        """The places of all the variants, plain names before the longer ones of an AliasPath."""
        if len(variants) == 1:
            return variants[0].slots
        key = tuple(id(one.fields) for one in variants)
        if key not in self._known:
            members = [each for variant in variants for each in variant.fields.values()]
            self._known[key] = slots_of(members)
        return self._known[key]

    def _unsent(self, one: Field, here: _Here, touched: bool) -> Any:
        """What stands for a member of which nothing was sent, or only something empty."""
        if not one.required:
            return ABSENT
        if one.shape.nullable and touched:
            return None
        if _is_checkbox(one.shape):
            return False
        return ABSENT if one.shape.nullable else self._from_nothing(one.shape, here)

    def _from_nothing(self, shape: Shape, here: _Here) -> Any:
        """An object of which nothing was sent: its own members say what is missing."""
        choices = list(_flat(shape))
        if not all(isinstance(one, Fields | Tagged) for one in choices):
            return ABSENT
        variants = [one for one in choices if isinstance(one, Fields)]
        building = [id(one.fields) for one in variants]
        if any(one in self._building for one in building):  # a model that requires itself
            return ABSENT
        self._building += building
        data = self._fields(None, variants, here, False)
        del self._building[len(self._building) - len(building) :]
        return data


def _leaf(node: _Node, leaves: Sequence[Leaf], nullable: bool) -> Any:
    """A single value of one of the *leaves*."""
    if all(one.kind == "any" for one in leaves):
        return _raw(node)
    if node.chosen:
        return Upload.of(node.chosen[0])
    return _text(node.values, leaves, nullable) if node.values else ABSENT


def _text(texts: Sequence[str], leaves: Sequence[Leaf], nullable: bool) -> Any:
    """A single value that was sent as text, once at least."""
    boxes = all(one.checkbox for one in leaves)
    # A hidden "false" before a checkbox is the usual way to send an unticked one.
    text = texts[-1 if boxes else 0]
    if text == "":
        return "" if not nullable and any(one.keeps_empty for one in leaves) else ABSENT
    if boxes and text.lower() in _BOXES:
        return _BOXES[text.lower()]
    if any(one.kind in ("str", "any") or _says(one, text) for one in leaves):
        return text
    return next((value for one in leaves if (value := _typed(text, one)) is not ABSENT), text)


_BOXES: dict[str, bool] = {
    **dict.fromkeys(("on", "true", "1", "yes"), True),
    **dict.fromkeys(("off", "false", "0", "no"), False),
}


def _key(part: str, shape: Shape) -> Any:
    """A key of a dict, as its type wants it."""
    leaves = [one for one in _flat(shape) if isinstance(one, Leaf)]
    return _leaf(_text_node(part), leaves, False) if leaves else part


def _step(key: Any) -> str | int:
    """A key as pydantic writes it in a path."""
    if isinstance(key, int):
        return int(key)
    return text_of(key) if isinstance(key, str) else repr(key)


def _says(leaf: Leaf, text: str) -> bool:
    """Whether the very text is one of a literal's values."""
    return any(type(value) is str and value == text for value in leaf.values)


def _typed(text: str, leaf: Leaf) -> Any:
    """The value that a text means to a literal, an enum or a strict type, or ABSENT."""
    for value in leaf.values:
        if text_of(value) == text:
            loose = leaf.kind == "enum" and not leaf.strict
            return value.value if loose else value
    if leaf.converter is None:
        return ABSENT
    try:
        return leaf.converter.validate_python(text, strict=False)
    except ValidationError:
        return ABSENT


def _bound(count: int, owner: str, what: str, most: int = MAX_ITEMS) -> None:
    if count > most:
        raise ActionError("BAD_REQUEST", f"{owner} has {count:,} {what}; {most:,} are allowed.")


def _index(name: str) -> int:
    """The position that a part of a name says, -1 for a part that is no position.

    :raises ActionError: if it is too high.
    """
    if not re.fullmatch("0|[1-9][0-9]*", name):
        return -1
    if len(name) > len(str(MAX_INDEX)) or int(name) > MAX_INDEX:
        raise ActionError("BAD_REQUEST", f"A position in a list is above {MAX_INDEX:,}.")
    return int(name)


def _plain(node: _Node) -> Any:
    """What was sent for an object that nobody can tell; pydantic says what is missing."""
    return _raw(node) if node.filled or node.children else {}


def _flat(shape: Shape) -> Iterable[Shape]:
    """A shape, or the members of a plain union, those of unions within it included."""
    if not isinstance(shape, Variants):
        yield shape
        return
    for choice in shape.choices:
        yield from _flat(choice)


def _looks_listed(node: _Node, leaves: bool, objects: bool) -> bool:
    """Whether a list is meant where a single value, or an object, would do too."""
    if node.children:
        return not objects or all(map(str.isdecimal, node.children))
    return not leaves or node.listed or len(node.values) + len(node.chosen) > 1


def _one_list(lists: Sequence[Items]) -> Items:
    """Lists of different items as a list of either."""
    if len(lists) == 1:
        return lists[0]
    item = Variants(choices=tuple(one.at(0) for one in lists))
    return Items(kind="list", builds=(lambda: item,))


def _tagged(node: _Node, shape: Tagged) -> Shape | None:
    """The member that the discriminator names."""
    if callable(shape.discriminator):
        raw = _raw(node)
        try:
            return shape.choice(shape.discriminator({} if raw is ABSENT else raw))
        except Exception:  # the application's own function, on data it was not written for
            return None
    boxes = all(isinstance(tag, bool) for tag in shape.choices)
    for path in shape.discriminator:
        found = node.find(spell(path))
        if found is not None and found.values:
            text = found.values[-1 if boxes else 0]
            return shape.choice(_BOXES.get(text.lower(), text) if boxes else text)
    return shape.choice(False) if boxes else None


#: A place of an object, in the data and in a form, with the members that look there.


def _one_shape(fields: Sequence[Field]) -> Shape:
    if len(fields) == 1:
        return fields[0].shape
    shapes = tuple(one.shape for one in fields)
    return Variants(choices=shapes, nullable=any(one.nullable for one in shapes))


def _whole(variant: Fields, placed: Collection[int]) -> bool:
    return all(
        id(one) in placed or not one.required or _is_checkbox(one.shape)
        for one in variant.fields.values()
    )


def _is_checkbox(shape: Shape) -> bool:
    return all(isinstance(one, Leaf) and one.checkbox for one in _flat(shape))


def _put(data: dict[Any, Any], path: Path, value: Any) -> None:
    """Set a value where an ``AliasPath`` looks; a dict does for its positions too."""
    for step in path[:-1]:
        below = data.setdefault(step, {})
        if not isinstance(below, dict):
            return
        data = below
    data.setdefault(path[-1], value)
