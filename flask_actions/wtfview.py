"""A ``FlaskForm`` as the form object has it: its fields, widgets and validators, our wires."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from .formview import NOTHING, Option, Part, Several, Surroundings, attributes
from .models import legible


class Described(NamedTuple):
    """What a field of WTForms says of itself."""

    label: str
    hint: str
    required: bool


def bind(form_class: type[Any], form: Surroundings, initial: Any) -> Any:
    """An instance of a ``FlaskForm`` with what was typed, or what the page gave."""
    if form.typed is not None:
        data: MultiDict[str, str] = MultiDict()
        for name, texts in form.typed.items():
            data.setlist(name, [texts] if isinstance(texts, str) else texts)
        return form_class(formdata=legible(data), meta={"csrf": False})
    given = {"data": initial} if isinstance(initial, Mapping) else {"obj": initial}
    if initial is NOTHING or initial is None:
        given = {}
    # None: a FlaskForm takes the request's own fields by itself, in an htmx fragment as well.
    return form_class(formdata=None, meta={"csrf": False}, **given)


def parts_of(bound: Any, form: Surroundings, path: str = "") -> dict[str, Part]:
    """The fields of a bound form, by their short names."""
    parts: dict[str, Part] = {}
    for field in bound:
        own = str(field.short_name)
        parts[own] = _part(form, field, f"{path}.{own}" if path else own)
    return parts


def _part(form: Surroundings, field: Any, path: str) -> Part:
    if hasattr(field, "form_class"):
        return WtfGroup(form, field, path, parts_of(field.form, form, path))
    if hasattr(field, "append_entry"):
        rows = {str(i): _part(form, one, f"{path}.{i}") for i, one in enumerate(field.entries)}
        return WtfGroup(form, field, path, rows)
    return WtfField(form, field, path)


class _WtfPart(Part):
    def __init__(self, form: Surroundings, field: Any, path: str) -> None:
        super().__init__(form, path, NOTHING)
        self.field = field
        label = getattr(field, "label", None)
        text = getattr(label, "text", field.short_name)
        required = bool(getattr(getattr(field, "flags", None), "required", False))
        self.node: Any = Described(
            str(text), str(getattr(field, "description", "") or ""), required
        )


class WtfField(_WtfPart):
    """One field of WTForms, rendered by its own widget.

    :ivar field: the field itself.
    """

    def __init__(self, form: Surroundings, field: Any, path: str) -> None:
        super().__init__(form, field, path)
        if self.kind == "password" or form.is_secret(path):
            field.data = field.object_data = field.raw_data = None

    @property
    def name(self) -> str:
        return str(self.field.name)

    @property
    def kind(self) -> str:
        """The type of its input, or the name of its widget."""
        widget = self.field.widget
        return str(getattr(widget, "input_type", "") or type(widget).__name__.lower())

    @property
    def value(self) -> str:
        """The text in it; nothing for a secret."""
        if self.kind in ("password", "file") or self._form.is_secret(self._name):
            return ""
        text = self.field._value() if hasattr(self.field, "_value") else self.field.data
        return "" if text is None else str(text)

    @property
    def choices(self) -> list[Option]:
        """What it offers, with what is chosen."""
        if not hasattr(self.field, "iter_choices"):
            return []
        return [
            Option(str(one[0]), str(one[1]), "", bool(one[2])) for one in self.field.iter_choices()
        ]

    def attrs(self, **extra: Any) -> Markup:
        """Name, id, value and the wires to its errors, for an input written by hand."""
        self._form.asked.add(self._name)
        own: dict[str, Any] = {"id": self._id, "name": self.name}
        if self.kind not in ("select", "textarea"):
            own["type"] = self.kind
            own["value"] = self.value or None
        return attributes(own, self._wires(), extra)

    def input(self, **extra: Any) -> Markup:
        """Its own widget, with our id and the wires to its errors."""
        self._form.asked.add(self._name)
        widget = {"id": self._id, **self._wires(), **extra}
        if self.kind != "password" and self._form.is_secret(self._name):
            widget["value"] = ""
        return Markup(self.field(**widget))

    def label_tag(self, **extra: Any) -> Markup:
        """The label, tied to the control."""
        text = escape(self.node.label)
        return Markup(f"<label{attributes({'for': self._id}, extra)}>{text}</label>")

    def __html__(self) -> str:
        state = " actions-invalid" if self._messages else ""
        if self.kind in ("hidden", "submit"):
            return self.input()
        parts: list[str] = [self.label_tag(), self.help(), self.errors(), self.input()]
        if self.kind == "checkbox":
            parts = [self.input(), " ", self.label_tag(), self.help(), self.errors()]
        return Markup(f'<div class="actions-field{state}">{"".join(parts)}</div>')

    __str__ = __html__

    def _fields(self) -> Iterator[Any]:
        yield self


class WtfGroup(_WtfPart, Several):
    """A form within a form, or a list of fields."""

    def __init__(self, form: Surroundings, field: Any, path: str, parts: dict[str, Part]) -> None:
        self._inner = parts
        super().__init__(form, field, path)

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return self._inner

    def __html__(self) -> str:
        return self._fieldset("".join(part.__html__() for part in self))

    __str__ = __html__


class WtfNode:
    """Stands where a model's controls would: a form class, bound for each rendering."""

    label = hint = ""
    required = True

    def __init__(self, form_class: type[Any]) -> None:
        self.form_class = form_class

    @property
    def members(self) -> Collection[str]:
        """The names of its fields, among others."""
        return dir(self.form_class)

    def has_file(self) -> bool:
        """Whether a file may be sent."""
        return _has_file(self.form_class(formdata=None, meta={"csrf": False}))

    def parts(self, form: Surroundings, initial: Any) -> dict[str, Part]:
        return parts_of(bind(self.form_class, form, initial), form)


def _has_file(bound: Any) -> bool:
    for field in bound:
        inner = getattr(field, "form", None) if hasattr(field, "form_class") else None
        if getattr(field.widget, "input_type", "") == "file" or (inner and _has_file(inner)):
            return True
    return False
