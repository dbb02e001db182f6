"""The form object: an action's model and its result in, HTML that fits both out.

The same object serves the first rendering, the page after a redirect and an htmx fragment. Each
part of it is text that a template may place, add attributes to, or leave out; inputs written by
hand work beside it. An application may give a template for a kind of control
(``actions/controls/range.html``, which gets ``field`` and ``attributes``), or for ``field``,
``group``, ``rows``, ``union``, ``summary`` and ``form``; a *theme* is another folder of them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from zlib import crc32

from flask import Flask
from jinja2 import TemplateNotFound
from markupsafe import Markup, escape
from pydantic import RootModel

from .controls import Choice, Control, Group, Node, Rows, Union_
from .errors import ActionError
from .messages import label, say
from .result import SafeResult
from .shapes import text_of

log: logging.Logger = logging.getLogger("flask_actions")

#: Where an application's own templates for controls lie; a theme's name takes the place of the
#: last part.
TEMPLATES = "actions/controls"

#: Controls that no text is shown in again.
_BLANK = frozenset({"password", "file"})
#: Several inputs under one name, which a legend names together.
_TOGETHER = frozenset({"radio", "checkboxes"})
_LINES = frozenset(
    "text email url tel number range date time datetime-local month week color password search "
    "file".split()
)
_YES = frozenset({"on", "true", "1", "yes"})
#: So many lists of a form have a row more to copy: no person fills in as many, and who sends
#: thousands of rows that hold lists themselves would get a page a hundred times as long.
MOST_LISTS = 1_000
#: Buttons that nobody should press by the Enter key.
_DANGEROUS = frozenset({"delete", "remove", "destroy", "discard", "drop", "reset", "cancel"})


class Option(NamedTuple):
    """One value of a field that offers several."""

    value: str
    label: str
    group: str
    selected: bool


def as_id(name: str) -> str:
    """A name as part of an id, in which HTML has no white space, and CSS selectors no dots."""
    return re.sub(r"[^\w-]+", "-", name)


def prefix_of(action: str, key: str | None, node: Any) -> str:
    """What the ids of a form begin with, and those of no other form of the action.

    :param key: which of several copies it is.
    :param node: has the names of its fields as ``members``.
    """
    start = as_id(action)
    if key is None:
        return start
    own = as_id(key)
    taken = {as_id(one).partition("-")[0] for one in node.members}
    if own == key and "-" not in own and own not in taken | {"summary", "submit"}:
        return f"{start}-{own}"
    # Begins as a field does, or as another key may: a mark of its own tells them apart.
    return f"{start}-{own}-{crc32(key.encode()):08x}"


def attributes(*several: Mapping[str, Any]) -> Markup:
    """HTML attributes, the later ones winning, with a space before each.

    ``True`` stands alone, ``None`` and ``False`` leave one out; ``class_`` is ``class`` and
    ``hx_post`` is ``hx-post``.
    """
    merged: dict[str, Any] = {}
    for one in several:
        for name, value in one.items():
            merged[name.rstrip("_").replace("_", "-") if "_" in name else name] = value
    return Markup(_joined(merged))


def _joined(merged: Mapping[str, Any]) -> str:
    parts = []
    for name, value in merged.items():
        if value is True:
            parts.append(f" {name}")
        elif value is not None and value is not False:
            parts.append(f' {name}="{escape(value)}"')
    return "".join(parts)


class Surroundings(NamedTuple):
    """What the fields of a form know of it.

    :ivar prefix: what the ids begin with.
    :ivar typed: what the user typed, where the form was refused; None elsewhere.
    :ivar problems: messages by dotted path.
    :ivar below: what was typed or is wrong below each path: ``lines`` has 0 and 1.
    :ivar hidden_names: words whose fields never show a value.
    :ivar asked: the names that were rendered.
    :ivar lists: gives a number for each list that may still have a row more to copy.
    :ivar own: the application's own templates by kind, None where it has none, as far as known.
    :ivar language: of who reads it.
    :ivar known: what is the same in each rendering, kept by the application.
    """

    app: Flask
    theme: str
    prefix: str
    typed: Mapping[str, str | list[str]] | None
    problems: Mapping[str, Sequence[str]]
    below: Mapping[str, Collection[str]]
    is_secret: Any
    asked: set[str]
    lists: Iterator[int]
    own: dict[str, Any]
    language: str
    known: dict[Any, Any]

    def id_of(self, name: str) -> str:
        return f"{self.prefix}-{as_id(name)}"

    def problems_below(self, name: str) -> Iterator[str]:
        """The paths of what is wrong with the items of a field."""
        for head in self.below.get(name, ()) if self.problems else ():
            path = f"{name}.{head}"
            if path in self.problems:
                yield path
            yield from self.problems_below(path)

    def render(self, kind: str, **context: Any) -> Markup | None:
        """What an application's own template of *kind* makes, if it has one."""
        template = self.template(kind)
        return None if template is None else Markup(template.render(**context))

    def template(self, kind: str) -> Any:
        """An application's own template of *kind*, if it has one."""
        if kind not in self.own:
            folders = (f"actions/{self.theme}", TEMPLATES) if self.theme else (TEMPLATES,)
            found = (_template(self.app, f"{folder}/{kind}.html") for folder in folders)
            self.own[kind] = next((one for one in found if one is not None), None)
        return self.own[kind]


def heads_below(names: Iterable[str]) -> dict[str, dict[str, None]]:
    """The next segments of dotted *names* below each path, in their order."""
    below: dict[str, dict[str, None]] = {}
    for name in names:
        while name:
            above, _, head = name.rpartition(".")
            heads = below.setdefault(above, {})
            if head in heads:
                break
            heads[head] = None
            name = above
    return below


def _template(app: Flask, name: str) -> Any:
    """A template, or None; what there is not is asked for once, but while templates reload."""
    environment = app.jinja_env
    missing: set[str] = environment.globals.setdefault("_actions_missing", set())  # type: ignore[assignment]
    if name in missing and not environment.auto_reload:
        return None
    try:
        return environment.get_template(name)
    except TemplateNotFound:
        missing.add(name)
        return None


class Part:
    """A member of a form: a field, a group, rows or a union.

    :ivar name: as the form sends it: ``title``, ``contact.email``, ``lines.0.qty``.
    :ivar id: of its control, or of what stands around several.
    """

    node: Any
    #: The model that it is a member of, and what that calls it: for the catalogues of labels.
    _model = ""
    _member_name = ""

    def __init__(self, form: Surroundings, name: str, initial: Any) -> None:
        self._form = form
        self._name = name
        self._initial = initial

    # What its own methods use: a member of a group may well be called ``name`` or ``label``.

    @property
    def _id(self) -> str:
        return self._form.id_of(self._name)

    @property
    def _label(self) -> str:
        return label(self._model, self._member_name, self.node.label)

    @property
    def _hint(self) -> str:
        return label(self._model, self._member_name, self.node.hint, "hint")

    @property
    def _messages(self) -> Sequence[str]:
        return self._form.problems.get(self._name, ())

    @property
    def _given(self) -> Any:
        """What stands in it before anybody types: the page's value, else the model's default."""
        return self.node.default if self._initial is NOTHING else self._initial

    @property
    def name(self) -> str:
        return self._name

    @property
    def id(self) -> str:
        return self._id

    @property
    def label(self) -> str:
        return self._label

    @property
    def hint(self) -> str:
        return self._hint

    @property
    def required(self) -> bool:
        return bool(self.node.required)

    @property
    def messages(self) -> Sequence[str]:
        """What is wrong with it, as texts."""
        return self._messages

    def errors(self, **extra: Any) -> Markup:
        """What is wrong with it, as an element that its control is described by; else nothing."""
        if not self._messages:
            return Markup("")
        own = {"class": "actions-error-text", "id": f"{self._id}-error"}
        said = escape(" ").join(map(escape, self._messages))
        return Markup(f"<p{attributes(own, extra)}>{said}</p>")

    def help(self, **extra: Any) -> Markup:
        """The hint, as an element that the control is described by; else nothing."""
        if not self._hint:
            return Markup("")
        own = {"class": "actions-hint", "id": f"{self._id}-hint"}
        return Markup(f"<p{attributes(own, extra)}>{escape(self._hint)}</p>")

    def _wires(self) -> dict[str, Any]:
        """What ties a control to its hint and its errors."""
        wires: dict[str, Any] = {}
        described = []
        if self._messages:
            described.append(f"{self._id}-error")
            wires["aria-invalid"] = "true"
        if self._hint:
            described.append(f"{self._id}-hint")
        if described:
            wires["aria-describedby"] = " ".join(described)
        return wires

    def __html__(self) -> str:
        raise NotImplementedError

    def _fields(self) -> Iterator[Field]:
        """All single fields in it, in document order."""
        raise NotImplementedError


class _Fixed(NamedTuple):
    """What is the same in each rendering of a field."""

    node: Control
    label: str
    help: str
    start: str
    wires: str


def _fixed(field: Field) -> _Fixed:
    form = field._form
    # By identity, with the control, which keeps its identity from being another's.
    key = (id(field.node), field._name, form.prefix, form.language)
    known: _Fixed | None = form.known.get(key)
    if known is None:
        if len(form.known) >= _MOST_KNOWN:
            form.known.clear()
        own = {"type": field.node.kind, "id": field.id, "name": field.name, **field.node.attrs}
        wires = attributes({"aria-describedby": f"{field.id}-hint"}) if field.hint else ""
        known = _Fixed(
            field.node, field.label_tag(), field.help(), f"<input{attributes(own)}", wires
        )
        form.known[key] = known
    return known


_MOST_KNOWN = 5_000


class Field(Part):
    """One value of a form, or several of one kind.

    :ivar kind: of its control: ``"email"``, ``"select"``, ``"checkbox"``.
    """

    def __init__(self, form: Surroundings, name: str, node: Control, initial: Any) -> None:
        super().__init__(form, name, initial)
        self.node: Control = node
        self._values: list[str] | None = None

    @property
    def _messages(self) -> Sequence[str]:
        problems = self._form.problems
        own = problems.get(self._name, ())
        if not self.node.multiple or not problems:
            return own
        inner = self._form.problems_below(self._name)
        return [*own, *(text for path in inner for text in problems[path])]

    @property
    def values(self) -> list[str]:
        """The texts in it: what was typed, else what the page gave, else the model's default."""
        if self._values is None:
            self._values = self._texts()
        return self._values

    def _texts(self) -> list[str]:
        if self.node.secret or self.kind in _BLANK or self._form.is_secret(self.name):
            return []
        typed = self._form.typed
        if typed is not None:
            texts = typed.get(self.name, [])
            return [texts] if isinstance(texts, str) else list(texts)
        value = _opened(self._given)
        if value is None:
            return []
        several = self.node.multiple and isinstance(value, list | tuple | set | frozenset)
        return [self.node.text(one) for one in value] if several else [self.node.text(value)]

    @property
    def value(self) -> str:
        """The text in it: the first, or of a checkbox the last, as the server takes it."""
        if not self.values:
            return ""
        return self.values[-1 if self.node.kind == "checkbox" else 0]

    @property
    def checked(self) -> bool:
        """Whether a checkbox is ticked."""
        return self.value.lower() in _YES

    @property
    def kind(self) -> str:
        return self.node.kind

    @property
    def choices(self) -> list[Option]:
        """What it offers, with what is chosen."""
        chosen = set(self.values if self.node.multiple else [self.value])
        return [
            Option(one.value, _said(one), one.group, one.value in chosen)
            for one in self.node.choices
        ]

    def attrs(self, **extra: Any) -> Markup:
        """The attributes of its control: name, id, constraints, value and the wires to its errors.

        A select has no value here, nor a textarea: their options and their text have it.
        """
        self._form.asked.add(self.name)
        node = self.node.showing(self.value)
        own: dict[str, Any] = {}
        if node.kind not in ("select", "textarea"):
            own["type"] = "checkbox" if node.kind == "checkboxes" else node.kind
        own["id"] = self.id
        own["name"] = self.name
        own.update(node.attrs)
        if node.kind == "checkbox":
            own["value"] = "true"
            own["checked"] = self.checked
        elif node.kind not in ("select", "textarea", *_TOGETHER, *_BLANK) and self.values:
            own["value"] = self.value
        if self.messages or self.hint:
            own.update(self._wires())
        return attributes(own, extra) if extra else Markup(_joined(own))

    def input(self, template: str | None = None, **extra: Any) -> Markup:
        """The control that fits.

        :param template: one of the application's own, for this field alone.
        :param extra: further attributes.
        """
        if template is not None:
            self._form.asked.add(self.name)
            whole = self._form.app.jinja_env.get_template(template)
            return Markup(whole.render(field=self, attributes=attributes(extra)))
        own = self._form.render(self.kind, field=self, attributes=attributes(extra))
        if own is not None:
            self._form.asked.add(self.name)
            return own
        node = self.node.showing(self.value)
        match node.kind:
            case "select":
                return Markup(f"<select{self.attrs(**extra)}>{self._options()}</select>")
            case "textarea":
                # A line break after the tag is none of the text (HTML, 13.1.2.5).
                return Markup(f"<textarea{self.attrs(**extra)}>\n{escape(self.value)}</textarea>")
            case "radio" | "checkboxes":
                return self._boxes(extra)
            case "checkbox":
                # So that a box that the model ticks can be unticked.
                unticked = f'<input type="hidden" name="{escape(self.name)}" value="false">'
                return Markup(f"{unticked}<input{self.attrs(**extra)}>")
            case _:
                if self.node.multiple and len(self.values) > 1:
                    return self._lines(extra)
                return Markup(f"<input{self.attrs(**extra)}>")

    def label_tag(self, **extra: Any) -> Markup:
        """The label, tied to the control."""
        return Markup(f"<label{attributes({'for': self.id}, extra)}>{escape(self.label)}</label>")

    def __html__(self) -> str:
        own = self._form.render("field", field=self)
        if own is not None:
            return own
        if self._is_plain():
            self._form.asked.add(self._name)
            fixed, values = _fixed(self), self.values
            value = f' value="{escape(values[0])}"' if values else ""
            inner = f"{fixed.label}{fixed.help}{fixed.start}{value}{fixed.wires}>"
            return f'<div class="actions-field">{inner}</div>'
        if self.kind == "hidden":
            return self.input()
        state = " actions-invalid" if self.messages else ""
        if self.kind in _TOGETHER:
            wires = {k: v for k, v in self._wires().items() if k != "aria-invalid"}
            if self.kind == "radio":
                wires["role"] = "radiogroup"
                wires["aria-invalid"] = "true" if self.messages else None
            return Markup(
                f'<fieldset class="actions-field{state}" id="{self.id}" tabindex="-1"'
                f"{attributes(wires)}><legend>{escape(self.label)}</legend>"
                f"{self.help()}{self.errors()}{self.input()}</fieldset>"
            )
        if self.kind == "checkbox":
            body = f"{self.input()} {self.label_tag()}{self.help()}{self.errors()}"
        else:
            body = f"{self.label_tag()}{self.help()}{self.errors()}{self.input()}"
        return Markup(f'<div class="actions-field{state}">{body}</div>')

    __str__ = __html__

    def _fields(self) -> Iterator[Field]:
        yield self

    def _is_plain(self) -> bool:
        """Whether it is a line of text in which nothing is wrong, as most are: these are quick."""
        node = self.node
        return (
            node.kind in _LINES
            and not self._messages
            and not (node.multiple and len(self.values) > 1)
            and (not self.values or node.showing(self.values[0]) is node)
            and self._form.template(node.kind) is None
        )

    def _options(self) -> str:
        parts: list[str] = []
        group = ""
        for one in self.choices:
            if one.group != group:
                parts.append("</optgroup>" if group else "")
                parts.append(f'<optgroup label="{escape(one.group)}">' if one.group else "")
                group = one.group
            selected = " selected" if one.selected else ""
            parts.append(
                f'<option value="{escape(one.value)}"{selected}>{escape(one.label)}</option>'
            )
        return "".join([*parts, "</optgroup>" if group else ""])

    def _boxes(self, extra: Mapping[str, Any]) -> Markup:
        self._form.asked.add(self.name)
        kind = "radio" if self.kind == "radio" else "checkbox"
        wires = {"aria-invalid": "true"} if self.messages and kind == "checkbox" else {}
        parts = []
        for number, one in enumerate(self.choices):
            own = {
                "type": kind,
                "id": f"{self.id}-{number}",
                "name": self.name,
                "value": one.value,
                **(self.node.attrs if kind == "radio" else {}),
                **wires,
                "checked": one.selected,
            }
            parts.append(
                f'<label class="actions-option"><input{attributes(own, extra)}> '
                f"{escape(one.label)}</label>"
            )
        return Markup("".join(parts))

    def _lines(self, extra: Mapping[str, Any]) -> Markup:
        """One input for each of several free texts."""
        parts = []
        for number, text in enumerate(self.values):
            own = {"id": self.id if number == 0 else f"{self.id}-{number}", "value": text}
            own |= {} if number == 0 else {"aria-label": f"{self.label} {number + 1}"}
            parts.append(f"<input{self.attrs(**{**extra, **own})}>")
        return Markup("".join(parts))


#: The words of a form and its groups that no field takes away.
_OWN_WORDS = frozenset(
    "attrs blank chosen close discriminator errors help hidden intent node open page_title submit "
    "summary".split()
)


class Several(Part):
    """What has parts of its own, by attribute, by name or in order."""

    @cached_property
    def _parts(self) -> dict[str, Part]:
        raise NotImplementedError

    def __getattribute__(self, name: str) -> Any:
        # A member before what every part has: f.name is the field called name.
        if not name.startswith("_") and name not in _OWN_WORDS and name in self._parts:
            return self._parts[name]
        return super().__getattribute__(name)

    def __getitem__(self, name: str) -> Any:
        try:
            return self._parts[name]
        except KeyError:
            known = ", ".join(self._parts) or "none"
            raise LookupError(
                f"The form has no field {name!r} here ({self._name or 'at its top'}); there are: "
                f"{known}."
            ) from None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except LookupError as error:
            if self._form.app.debug or self._form.app.testing:  # Jinja shows nothing in its place
                log.warning("In the form %s: %s", self._form.prefix, error)
            raise AttributeError(str(error)) from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts.values())

    def __len__(self) -> int:
        return len(self._parts)

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __bool__(self) -> bool:
        return True

    def _fields(self) -> Iterator[Field]:
        for part in self._parts.values():
            yield from part._fields()

    @property
    def _ends(self) -> bool:
        """Whether it stands within itself and nothing was said of it: where a walk stops."""
        if not self.node.recursive or self._given not in (NOTHING, None):
            return False
        above, _, own = self._name.rpartition(".")
        return own not in self._form.below.get(above, ())

    def _fieldset(self, body: str, **extra: Any) -> Markup:
        wires = {key: value for key, value in self._wires().items() if key != "aria-invalid"}
        own = {"class": "actions-group", "id": self._id, "tabindex": "-1", **wires}
        return Markup(
            f"<fieldset{attributes(own, extra)}><legend>{escape(self._label)}</legend>"
            f"{self.help()}{self.errors()}{body}</fieldset>"
        )


class GroupPart(Several):
    """A model within a form."""

    def __init__(
        self, form: Surroundings, name: str, node: Group, initial: Any, label: str = ""
    ) -> None:
        super().__init__(form, name, initial)
        self.node: Group = node
        self._own_label = label

    @property
    def _label(self) -> str:
        return self._own_label or super()._label

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return _parts(self._form, self._name, self.node, self._given)

    def _fields(self) -> Iterator[Field]:
        return iter(()) if self._ends else super()._fields()

    def __html__(self) -> str:
        if self._ends:
            return Markup("")
        own = self._form.render("group", group=self)
        if own is not None:
            return own
        return self._fieldset("".join(part.__html__() for part in self))

    __str__ = __html__


class RowsPart(Several):
    """A list of models, a group or a field for each; and one more, empty, for a script to copy."""

    def __init__(self, form: Surroundings, name: str, node: Rows, initial: Any) -> None:
        super().__init__(form, name, initial)
        self.node: Rows = node

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return {str(index): self._row(str(index), one) for index, one in self._rows()}

    def _rows(self) -> list[tuple[int, Any]]:
        if self._form.typed is not None:
            heads = self._form.below.get(self._name, ())
            known = {int(head) for head in heads if head.isdecimal() and len(head) < 10}
            return [(index, NOTHING) for index in sorted(known)] or self._fewest()
        value = _opened(self._given)
        return list(enumerate(value)) if value else self._fewest()

    def _fewest(self) -> list[tuple[int, Any]]:
        if self.node.recursive:
            return []
        fewest = max(self.node.min_length or 0, 1 if self.node.required else 0)
        return [(index, NOTHING) for index in range(fewest)]

    def _row(self, index: str, initial: Any) -> Part:
        number = str(int(index) + 1) if index.isdecimal() else ""
        node = self.node.build()
        return _part(self._form, f"{self._name}.{index}", node, initial, f"{self._label} {number}")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts.values())

    def blank(self) -> Any:
        """An empty row whose names hold ``__row__`` for its position, for ``<template>``."""
        untyped = self._form._replace(typed=None, problems={}, below={}, asked=set())
        return RowsPart(untyped, self._name, self.node, NOTHING)._row("__row__", NOTHING)

    def __html__(self) -> str:
        own = self._form.render("rows", rows=self)
        if own is not None:
            return own
        remove = (
            f'<button type="button" data-actions-remove hidden>{escape(say("remove"))}</button>'
        )
        row = '<div class="actions-row">{}{}</div>'
        rows = "".join(row.format(one.__html__(), remove) for one in self)
        # A model in rows of its own: a new row has rows, and those have none so far.
        deep = self._name.count("__row__") > 1 or next(self._form.lists, None) is None
        more = "" if deep else self._more(row, remove)
        return self._fieldset(f'<div data-actions-rows="{escape(self._name)}">{rows}</div>{more}')

    def _more(self, row: str, remove: str) -> str:
        """One row more, for a script to copy, and the button for it."""
        blank = row.format(self.blank().__html__(), remove)
        add = f'<button type="button" data-actions-add hidden>{escape(say("add"))}</button>'
        return f"<template>{blank}</template>{add}"

    __str__ = __html__


class UnionPart(Several):
    """One of several models, and the field that says which."""

    def __init__(self, form: Surroundings, name: str, node: Union_, initial: Any) -> None:
        super().__init__(form, name, initial)
        self.node: Union_ = node

    @property
    def discriminator(self) -> Field:
        """The field that says which model is meant."""
        return self._discriminator

    @property
    def chosen(self) -> Any:
        """The group of the model that is chosen."""
        return self._chosen

    @cached_property
    def _discriminator(self) -> Field:
        own = self.node.choices
        known = None if self._initial is None else _tag_of(self.node.default, self.node)
        free = not self.node.required and self.node.default is None
        first = known or ("" if free else next(iter(own), ""))
        empty = (Choice(value="", label=""),) if free else ()
        control = Control(
            kind="select",
            label=self._label,
            hint=str(self.node.hint),
            required=bool(self.node.required),
            attrs={},
            choices=empty
            + tuple(Choice(value=tag, label=group.label) for tag, group in own.items()),
            default=first,
        )
        tag = _member(self._initial, self.node.discriminator)
        return Field(self._form, _join(self._name, self.node.discriminator), control, tag)

    @property
    def _tag(self) -> str:
        """Of the model that is chosen; the first, while none is."""
        tag = self._discriminator.value
        return tag if tag in self.node.choices else next(iter(self.node.choices))

    @property
    def _chosen(self) -> GroupPart:
        return self._groups[self._tag]

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return {**self._groups}

    @cached_property
    def _groups(self) -> dict[str, GroupPart]:
        given = self._given
        return {
            tag: GroupPart(self._form, self._name, group, given if tag == self._tag else NOTHING)
            for tag, group in self.node.choices.items()
        }

    def _fields(self) -> Iterator[Field]:
        if self._ends:
            return
        yield self._discriminator
        yield from self._chosen._fields()

    def __html__(self) -> str:
        if self._ends:
            return Markup("")
        own = self._form.render("union", union=self)
        if own is not None:
            return own
        field = self._discriminator
        names = [name for group in self._groups.values() for name in group._parts]
        # A name that several models have is asked for once.
        shared = {name: self._part_called(name) for name in names if names.count(name) > 1}
        body: list[str] = [field.label_tag(), field.errors(), field.input()]
        body += [part.__html__() for part in shared.values()]
        for tag, group in self._groups.items():
            inner = [part.__html__() for name, part in group._parts.items() if name not in shared]
            attrs = attributes({"class": "actions-variant", "data-actions-variant": tag})
            title = f"<p><strong>{escape(group._label)}</strong></p>" if inner else ""
            body.append(f"<div{attrs}>{title}{''.join(inner)}</div>")
        return self._fieldset("".join(body), data_actions_union=field.id)

    __str__ = __html__

    def _part_called(self, name: str) -> Part:
        groups = [self._chosen, *self._groups.values()]
        return next(group._parts[name] for group in groups if name in group._parts)


class ActionForm(Several):
    """The form of an action.

    Its own words (``open``, ``attrs``, ``hidden``, ``summary``, ``intent``, ``submit``, ...) come
    before fields: one called ``summary`` is ``form["summary"]``.

    :param node: the controls of a model, or a ``FlaskForm`` that gives its parts itself.
    :ivar result: what the form ended in, if this page shows that.
    :ivar error: of the result; None if there is none.
    """

    def __init__(
        self,
        form: Surroundings,
        node: Any,
        *,
        url: str,
        hidden: Mapping[str, str],
        htmx: bool,
        intents: Sequence[str],
        result: SafeResult[Any] | None,
        initial: Any,
    ) -> None:
        super().__init__(form, "", initial)
        self.node = node
        self._url = url
        self.result = result
        self._error = None if result is None else result.error
        self._hidden = hidden
        self._htmx = (
            {"hx-post": url, "hx-target": "this", "hx-swap": "outerHTML", "hx-sync": "this:drop"}
            if htmx
            else {}
        )
        self._intents = intents
        self._shown_intents: list[str] = []

    @property
    def _id(self) -> str:
        return self._form.prefix

    @property
    def error(self) -> ActionError | None:
        return self._error

    @cached_property
    def _parts(self) -> dict[str, Part]:
        if isinstance(self.node, Group):
            return _parts(self._form, "", self.node, self._initial)
        bound: dict[str, Part] = self.node.parts(self._form, self._initial)
        return bound

    @property
    def attrs(self) -> Markup:
        """The attributes of the form element."""
        return self._attributes({})

    @property
    def hidden(self) -> Markup:
        """The hidden fields of the form, the CSRF token among them."""
        return Markup("").join(
            Markup('<input type="hidden" name="{}" value="{}">').format(name, value)
            for name, value in self._hidden.items()
        )

    def open(self, htmx: bool = True, **extra: Any) -> Markup:
        """The form's first tag, with its hidden fields.

        :param htmx: whether an action with a fragment is sent by htmx.
        """
        own = self._htmx if htmx else {}
        return Markup(f"<form{self._attributes(extra, own)}>{self.hidden}")

    def _own_id(self, word: str) -> str:
        return f"{self._id}--{word}" if word in self._parts else f"{self._id}-{word}"

    def close(self) -> Markup:
        """The form's last tag."""
        return Markup("</form>")

    def _attributes(
        self, extra: Mapping[str, Any], htmx: Mapping[str, str] | None = None
    ) -> Markup:
        own = {"method": "post", "action": self._url, "id": self._id}
        if _sends_file(self.node):
            own["enctype"] = "multipart/form-data"
        return attributes(own, self._htmx if htmx is None else htmx, extra)

    def summary(self, **extra: Any) -> Markup:
        """What is wrong, each with a link to its field, in the order of the page; else nothing.

        It gets the focus: on a page that was loaded by the browser itself, after an htmx swap by
        htmx or our script.
        """
        if self._error is None:
            return Markup("")
        own = self._form.render("summary", form=self, attributes=attributes(extra))
        if own is not None:
            return own
        attrs = attributes(
            {
                "class": "actions-summary",
                "id": self._own_id("summary"),
                "role": "alert",
                "tabindex": "-1",
                "autofocus": True,
                "data-actions-title": say("error"),
            },
            extra,
        )
        items = "".join(
            f'<li><a href="#{escape(id)}">{escape(text)}</a></li>'
            if id
            else f"<li>{escape(text)}</li>"
            for text, id in self._problems()
        )
        listed = f"<ul>{items}</ul>" if items else ""
        return Markup(
            f"<div{attrs}><h2>{escape(say('problem'))}</h2>"
            f"<p>{escape(self._error.message)}</p>{listed}</div>"
        )

    def _problems(self) -> Iterator[tuple[str, str]]:
        """Each message with the id of its field, in the order of the page; those without a field
        come first, and have no id."""
        error = self._error
        if error is None:
            return
        for text in error.form_errors:
            if text != error.message:
                yield text, ""
        left = dict(self._form.problems)
        for part in self._every(self):
            names = [part._name]
            if isinstance(part, Field) and part.node.multiple:
                names += self._form.problems_below(part._name)
            for name in names:
                for text in left.pop(name, ()):
                    yield f"{part._label}: {text}", part._id
        for name, messages in left.items():
            for text in messages:
                yield f"{name}: {text}", ""

    def _every(self, part: Part) -> Iterator[Part]:
        inner: Any = part
        if isinstance(part, GroupPart | UnionPart) and part._ends:
            yield part
        elif isinstance(part, UnionPart):
            yield part
            yield part._discriminator
            yield from self._every(part._chosen)
        elif isinstance(part, Several):
            if part._name:
                yield part
            for one in inner:
                yield from self._every(one)
        else:
            yield part

    def page_title(self, text: str) -> str:
        """The page's title, which says when there is an error."""
        return f"{say('error')}: {text}" if self._error is not None else text

    def intent(
        self, name: str, label: str = "", dangerous: bool | None = None, **extra: Any
    ) -> Markup:
        """The button of one of the action's intents.

        :param label: what stands on it; by itself, its name.
        :param dangerous: whether it must not be the first, which the Enter key presses; by itself,
            names such as ``delete`` are.
        :raises LookupError: if the action has no such intent.
        """
        if name not in self._intents:
            known = ", ".join(self._intents) or "none"
            raise LookupError(f"The action has no intent {name!r}; its intents: {known}.")
        dangerous = name.lower() in _DANGEROUS if dangerous is None else dangerous
        if dangerous and not self._shown_intents and self._form.app.debug:
            log.warning(
                "The first button of the form %s is %r, which the Enter key presses: put a safer "
                "one before it.",
                self._id,
                name,
            )
        self._shown_intents.append(name)
        # By its id, htmx finds the button again that had the focus before the swap.
        own = {
            "type": "submit",
            "id": f"{self._id}-submit-{name}",
            "name": "_intent",
            "value": name,
        }
        return Markup(
            f"<button{attributes(own, extra)}>{escape(label or _readable(name))}</button>"
        )

    def submit(self, label: str = "", **extra: Any) -> Markup:
        """The button that sends the form; of an action with intents, all of theirs."""
        if self._intents:
            return Markup("\n").join(self.intent(name, **extra) for name in self._intents)
        text = escape(label or say("send"))
        own = {"type": "submit", "id": self._own_id("submit")}
        return Markup(f"<button{attributes(own, extra)}>{text}</button>")

    def __html__(self) -> str:
        own = self._form.render("form", form=self)
        if own is not None:
            return own
        fields = "\n".join(part.__html__() for part in self)
        return Markup(f"{self.open()}\n{self.summary()}\n{fields}\n{self.submit()}\n{self.close()}")

    __str__ = __html__

    def _unrendered(self) -> list[str]:
        """The names of failed fields that the template did not ask for so far."""
        return [
            one.name for one in self._fields() if one.messages and one.name not in self._form.asked
        ]


def _sends_file(node: Any) -> bool:
    if not isinstance(node, Group):
        return bool(node.has_file())
    known = _files.get(id(node))
    if known is None:
        known = _files[id(node)] = (node, _has_file(node))
    return known[1]


_files: dict[int, tuple[Group, bool]] = {}


def _has_file(node: Node, seen: tuple[Any, ...] = ()) -> bool:
    match node:
        case Control():
            return node.kind == "file"
        case Group():
            key = (node.model, *node.members)
            inner = () if node.recursive or key in seen else node.members.values()
            return any(_has_file(one, (*seen, key)) for one in inner)
        case Rows():
            return _has_file(node.build(), seen)
        case Union_():
            return any(_has_file(one, seen) for one in node.choices.values())


def _said(choice: Choice) -> str:
    """The label of a choice; the two that a truth value has, in the reader's language."""
    own = {("true", "Yes"): "yes", ("false", "No"): "no"}.get((choice.value, choice.label))
    return choice.label if own is None else say(own)


class _Nothing:
    """No value was given."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


def _parts(form: Surroundings, name: str, group: Group, initial: Any) -> dict[str, Part]:
    parts = {}
    for key, node in group.members.items():
        own = group.names.get(key, key)
        part = parts[key] = _part(form, _join(name, key), node, _member(initial, key, own))
        part._model, part._member_name = group.model, own
    return parts


def _part(form: Surroundings, name: str, node: Node, initial: Any, label: str = "") -> Part:
    match node:
        case Control():
            return Field(form, name, node, initial)
        case Group():
            return GroupPart(form, name, node, initial, label)
        case Rows():
            return RowsPart(form, name, node, initial)
        case Union_():
            return UnionPart(form, name, node, initial)


def _tag_of(whole: Any, node: Union_) -> str | None:
    tag = _member(whole, node.discriminator)
    return None if tag is NOTHING else text_of(tag) if not isinstance(tag, str) else tag


def _join(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _opened(value: Any) -> Any:
    while isinstance(value, RootModel):
        value = value.root
    return value


def _member(whole: Any, *names: str) -> Any:
    """A member of what a page gave: of a mapping, a model or any object with attributes.

    :param names: as a form calls it, and as the model does.
    """
    if whole is NOTHING or whole is None:
        return NOTHING
    whole = _opened(whole)
    for name in names if isinstance(whole, Mapping) else reversed(names):
        if isinstance(whole, Mapping):
            if name in whole:
                return whole[name]
        elif isinstance(whole, list | tuple):
            if name.isdecimal() and int(name) < len(whole):
                return whole[int(name)]
        elif hasattr(whole, name):
            return getattr(whole, name)
    return NOTHING


def _readable(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
