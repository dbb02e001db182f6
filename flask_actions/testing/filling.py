"""The controls of a rendered form: what somebody enters in, what a browser would send out."""

from __future__ import annotations

import enum
import mimetypes
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_FLOOR, Decimal
from difflib import get_close_matches
from pathlib import Path
from secrets import token_hex
from typing import Any, NoReturn, Protocol, Self
from urllib.parse import urlencode

from .markup import Element

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
PLAIN = "text/plain"

_TAGS = ("input", "select", "textarea", "button")
_KINDS = frozenset(
    "hidden text search tel url email password date month week time datetime-local number range "
    "color checkbox radio file submit image reset button".split()
)
_BUTTONS = ("submit", "image", "reset", "button")
_SENDERS = ("submit", "image")
#: Where Enter would send a form that has no button, unless it has two of them.
_LINES = frozenset(
    "text search tel url email password date month week time datetime-local number".split()
)
_DIRECTED = frozenset("hidden text search tel url email password textarea".split())
_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][-+]?\d+)?")
_DATES = {
    "date": "%Y-%m-%d",
    "month": "%Y-%m",
    "week": "%G-W%V",
}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?")


@dataclass(frozen=True, slots=True)
class File:
    """A file that was chosen."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"

    def __str__(self) -> str:
        return self.filename


#: A name and what is sent under it.
Entry = tuple[str, "str | File"]


class Readable(Protocol):
    """An open file."""

    def read(self) -> bytes: ...


class Option:
    """An option of a select."""

    def __init__(self, element: Element) -> None:
        self.label: str = element.get("label") or element.text
        given = element.get("value")
        self.value: str = element.text if given is None else given
        group = element.parent
        in_group = group is not None and group.tag == "optgroup" and group.has("disabled")
        self.disabled: bool = element.has("disabled") or in_group
        self.selected: bool = element.has("selected")


class Control:
    """A control, with what is in it now.

    :ivar kind: an input's type, as the browser understands it; else ``select``, ``textarea``,
        ``submit``, ``reset`` or ``button``.
    :ivar value: the text in it; of a box, a radio button or a button, what it stands for.
    """

    def __init__(self, element: Element) -> None:
        self.element: Element = element
        self.name: str = element.get("name") or ""
        self.kind: str = _kind(element)
        self.checked: bool = self.kind in ("checkbox", "radio") and element.has("checked")
        self.files: list[File] = []
        self.options: list[Option] = []
        self.value: str = ""
        match self.kind:
            case "select":
                self.options = [Option(one) for one in element.walk() if one.tag == "option"]
                self._settle()
            case "textarea":
                self.value = element.raw_text.removeprefix("\n")
            case "checkbox" | "radio":
                self.value = element.attributes.get("value", "on")
            case "file":
                pass
            case "submit" if element.tag == "input":
                self.value = element.attributes.get("value", "Submit")  # as Chromium has it
            case _:
                self.value = self._cleaned(element.get("value") or "")

    @property
    def disabled(self) -> bool:
        """Whether it, or a fieldset around it, is disabled; what is in a legend stays in use."""
        if self.element.has("disabled"):
            return True
        inner = self.element
        for around in self.element.ancestors():
            if around.tag == "fieldset" and around.has("disabled"):
                legends = (
                    one
                    for one in around.children
                    if isinstance(one, Element) and one.tag == "legend"
                )
                if next(legends, None) is not inner:
                    return True
            inner = around
        return False

    @property
    def read_only(self) -> bool:
        """Whether what is in it is to be read only; boxes, selects and the like cannot be."""
        return self.element.has("readonly") and (self.kind in _LINES or self.kind == "textarea")

    @property
    def multiple(self) -> bool:
        return self.element.has("multiple")

    @property
    def label(self) -> str:
        """What a button says."""
        if self.element.tag == "button":
            return self.element.text
        return self.element.get("value") or self.element.get("alt") or "Submit"

    def enter(self, text: str) -> None:
        """Put *text* in.

        :raises AssertionError: if nobody could enter it there.
        """
        if self.read_only:
            _fail(f"The field {self.name!r} is read-only: nobody can change it.")
        cleaned = self._cleaned(text)
        same = cleaned == text or self.kind not in (*_DATES, "time", "number", "range", "color")
        if self.kind == "range":
            same = bool(_NUMBER.fullmatch(text)) and Decimal(text) == Decimal(cleaned)
        elif self.kind == "color":
            same = cleaned == text.lower()
        elif self.kind == "datetime-local":
            same = bool(cleaned) or not text
        if not same:
            bounds = ", ".join(
                f"{name} {self.element.get(name)}"
                for name in ("min", "max", "step")
                if self.kind == "range" and self.element.has(name)
            )
            _fail(
                f"Nobody can enter {text!r} in the field {self.name!r}, which is of the type "
                f"{self.kind}{f' ({bounds})' if bounds else ''}."
            )
        self.value = cleaned

    def pick(self, texts: Sequence[str]) -> None:
        """Choose exactly the options *texts*, by their values or labels.

        :raises AssertionError: if there is no such option, or it is disabled.
        """
        if len(texts) != 1 and not self.multiple:
            _fail(f"The field {self.name!r} takes one option, and {len(texts)} were given.")
        chosen = [self._option(text) for text in texts]
        for option in self.options:
            option.selected = option in chosen

    @property
    def sent(self) -> list[str | File]:
        """What it sends."""
        match self.kind:
            case "checkbox" | "radio":
                return [self.value] if self.checked else []
            case "select":
                return [one.value for one in self.options if one.selected and not one.disabled]
            case "file":
                return list(self.files) or [File("", b"")]
            case "hidden" if self.name.lower() == "_charset_":
                return ["UTF-8"]
        return [self.value]

    def _option(self, text: str) -> Option:
        found = [one for one in self.options if one.value == text]
        found = found or [one for one in self.options if one.label == text]
        if not found:
            values = ", ".join(repr(one.value) for one in self.options) or "none"
            _fail(f"The field {self.name!r} has no option {text!r}. Its options: {values}.")
        usable = next((one for one in found if not one.disabled), None)
        if usable is None:
            _fail(f"The option {text!r} of the field {self.name!r} is disabled.")
        return usable

    def _settle(self) -> None:
        """See to it that one option is selected, where one must be (HTML Standard, 4.10.7)."""
        if self.multiple:
            return
        selected = [one for one in self.options if one.selected]
        size = self.element.get("size") or ""
        if not selected and (int(size) if size.isdecimal() else 0) <= 1:
            selected = [one for one in self.options if not one.disabled][:1]
        for option in self.options:
            option.selected = option is (selected[-1] if selected else None)

    def _cleaned(self, text: str) -> str:
        """*text* as the browser keeps it (HTML Standard, 4.10.5.1, value sanitization)."""
        if self.kind in _LINES:
            text = re.sub(r"[\r\n]", "", text)
        match self.kind:
            case "textarea":
                return re.sub(r"\r\n?", "\n", text)
            case "url":
                return text.strip(" \t\f")
            case "email":
                blanks = " \t\f"
                if self.multiple:
                    return ",".join(part.strip(blanks) for part in text.split(","))
                return text.strip(blanks)
            case "number":
                return text if _NUMBER.fullmatch(text) else ""
            case "range":
                return self._in_range(text)
            case "date" | "month" | "week":
                return text if _is_date(self.kind, text) else ""
            case "time":
                return text if _TIME.fullmatch(text) else ""
            case "datetime-local":
                return _date_and_time(text)
            case "color":
                return text.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else "#000000"
        return text

    def _in_range(self, text: str) -> str:
        low, high = self._bound("min", Decimal(0)), self._bound("max", Decimal(100))
        if _NUMBER.fullmatch(text):
            number = Decimal(text)
        else:
            number = low + (high - low) / 2 if high >= low else low
        number = max(low, min(number, high))
        if (
            self.element.get(
                "step",
            )
            != "any"
            and high >= low
        ):
            step = self._bound("step", Decimal(1))
            step = step if step > 0 else Decimal(1)
            steps = ((number - low) / step + Decimal("0.5")).to_integral_value(ROUND_FLOOR)
            number = low + steps * step
            number = number if number <= high else number - step
        plain = f"{number:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain

    def _bound(self, name: str, default: Decimal) -> Decimal:
        given = self.element.get(name) or ""
        return Decimal(given) if _NUMBER.fullmatch(given) else default

    def __str__(self) -> str:
        state = " (disabled)" if self.disabled else " (read-only)" if self.read_only else ""
        if self.kind == "password" and self.value:
            return f"{self.name} = (a password){state}"
        shown = [str(one) for one in self.sent]
        if self.kind in ("checkbox", "radio"):
            tick = "x" if self.checked else " "
            return f"{self.name} = [{tick}] {self.value!r}{state}"
        text = repr(shown[0]) if len(shown) == 1 else repr(shown)
        return f"{self.name} = {text}{state}"


class Controls:
    """The controls of one form, in the order of the page.

    :param title: what the form is called where something fails.
    """

    def __init__(self, elements: Iterable[Element], title: str) -> None:
        self.title: str = title
        self.controls: list[Control] = [Control(one) for one in elements if one.tag in _TAGS]
        for control in reversed(self.controls):
            if control.kind == "radio" and control.checked:
                self._choose(control)  # of several, the last one

    def fill(self, values: Mapping[str, Any] | None = None, /, **named: Any) -> Self:
        """Enter values by the names of their fields: ``fill(title="News")``.

        A box takes True or False, several boxes of one name or a ``select multiple`` a list of
        what shall be chosen, a select or radio buttons a value, dates and numbers are written
        as a browser writes them. ``fill({"lines.0.qty": 3})`` is for names that Python has not.

        :raises AssertionError: if the page has no such field, or nobody could enter that: it is
            hidden, disabled, read-only, has no such option, or its type forbids it.
        """
        __tracebackhide__ = True
        for name, value in {**(values or {}), **named}.items():
            found = self._named(name)
            match found[0].kind:
                case "checkbox":
                    self._tick_all(name, found, value)
                case "radio":
                    self._choose(self._box(name, found, _text(value)))
                case "select" if len(found) == 1:
                    select = found[0]
                    select.pick(_texts(value) if select.multiple else [_text(value)])
                case "file":
                    _fail(f"The field {name!r} takes a file: write .upload({name!r}, path).")
                case _:
                    self._enter_all(name, found, value)
        return self

    def check(self, name: str, value: str | None = None) -> Self:
        """Tick a box, or choose a radio button.

        :param value: which one of several.
        """
        __tracebackhide__ = True
        box = self._box(name, self._boxes(name), value)
        if box.kind == "radio":
            self._choose(box)
        box.checked = True
        return self

    def uncheck(self, name: str, value: str | None = None) -> Self:
        """Take the tick out of a box.

        :param value: which one of several.
        """
        __tracebackhide__ = True
        box = self._box(name, self._boxes(name), value)
        if box.kind == "radio":
            _fail(f"A radio button is not unchecked: check another one of {name!r}.")
        box.checked = False
        return self

    def select(self, name: str, *options: Any) -> Self:
        """Choose exactly these options of a select, by their values or labels."""
        __tracebackhide__ = True
        found = self._named(name)
        if found[0].kind != "select":
            _fail(f"The field {name!r} is no select: it is of the type {found[0].kind}.")
        self._one(name, found).pick([_text(option) for option in options])
        return self

    def upload(
        self,
        name: str,
        content: bytes | str | os.PathLike[str] | Readable,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> Self:
        """Choose a file; where several may be chosen, one more.

        :param content: its path, its bytes, or an open file.
        :param content_type: by itself, what the filename's ending says.
        """
        __tracebackhide__ = True
        control = self._one(name, self._named(name))
        if control.kind != "file":
            _fail(f"The field {name!r} takes no file: it is of the type {control.kind}.")
        if isinstance(content, str | os.PathLike):
            filename, content = filename or Path(content).name, Path(content).read_bytes()
        elif not isinstance(content, bytes):
            filename, content = filename or getattr(content, "name", None), content.read()
        filename = filename or "file"
        guessed = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        kept = control.files if control.multiple else []
        control.files = [*kept, File(filename, content, content_type or guessed)]
        return self

    @property
    def fields(self) -> dict[str, str | list[str]]:
        """What a browser would send now, but for the button: texts by name, files by filename.

        A list of texts where a name is sent more than once, as in ``SafeResult.values``.
        """
        fields: dict[str, str | list[str]] = {}
        for name, value in self.entries():
            match fields.get(name):
                case None:
                    fields[name] = str(value)
                case list(known):
                    known.append(str(value))
                case known:
                    fields[name] = [known, str(value)]
        return fields

    @property
    def buttons(self) -> list[Control]:
        """What sends the form; the first is pressed by Enter."""
        return [one for one in self.controls if one.kind in _SENDERS]

    def button(self, wanted: str | None = None) -> Control | None:
        """The button that somebody presses.

        :param wanted: what it says, or its value, name or id; without, what Enter presses.
        :returns: None where Enter sends a form that has no button.
        :raises AssertionError: if there is none, or it is disabled.
        """
        __tracebackhide__ = True
        buttons = self.buttons
        if wanted is None:
            if not buttons and sum(one.kind in _LINES for one in self.controls) > 1:
                _fail(f"{self.title} has no button, and more than one field: nothing sends it.")
            button = buttons[0] if buttons else None
        else:
            button = self._pressed(wanted)
        if button is not None and button.disabled:
            _fail(f"The button {button.label!r} of {self.title} is disabled.")
        return button

    def entries(self, button: Control | None = None, *, at_end: bool = False) -> list[Entry]:
        """The entry list of a browser (HTML Standard, 4.10.21.4).

        :param button: what sends it.
        :param at_end: put the button after all else, as htmx does.
        """
        entries: list[Entry] = []
        controls = self.controls
        if at_end:
            controls = [one for one in controls if one is not button]
            controls += [button] if button is not None else []
        for control in controls:
            pressed = control is button
            if control.disabled or (control.kind in _BUTTONS and not pressed):
                continue
            if control.kind == "image":
                prefix = f"{control.name}." if control.name else ""
                entries += [(f"{prefix}x", "0"), (f"{prefix}y", "0")]
            elif control.name:
                entries += [(control.name, value) for value in control.sent]
                direction = control.element.get("dirname")
                if direction and (control.kind in _DIRECTED or pressed):
                    entries.append((direction, _direction(control.element)))
        return entries

    def _named(self, name: str) -> list[Control]:
        """The fields of that name, which somebody can see."""
        found = [one for one in self.controls if one.name == name]
        fields = [one for one in found if one.kind not in ("hidden", *_BUTTONS)]
        if fields:
            if all(one.disabled for one in fields):
                _fail(f"The field {name!r} of {self.title} is disabled.")
            return fields
        if any(one.kind == "hidden" for one in found):
            _fail(
                f"The field {name!r} of {self.title} is hidden, and nobody can fill it in. To test "
                f"what a forger sends, post it: client.post(...)."
            )
        if found:
            _fail(f"{name!r} is a button of {self.title}: write .submit({name!r}).")
        names = list(dict.fromkeys(one.name for one in self.controls if one.name))
        near = get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        seen = ", ".join(one for one in names if self._is_seen(one)) or "none"
        _fail(f"{self.title} has no field {name!r}.{hint} Its fields: {seen}.")

    def _is_seen(self, name: str) -> bool:
        return any(one.name == name and one.kind not in ("hidden", *_BUTTONS) for one in self)

    def __iter__(self) -> Any:
        return iter(self.controls)

    def _one(self, name: str, found: list[Control]) -> Control:
        if len(found) > 1:
            _fail(f"{self.title} has {len(found)} fields {name!r}: fill them with a list.")
        return found[0]

    def _boxes(self, name: str) -> list[Control]:
        found = self._named(name)
        if found[0].kind not in ("checkbox", "radio"):
            _fail(f"The field {name!r} is no box to tick: it is of the type {found[0].kind}.")
        return found

    def _box(self, name: str, found: list[Control], value: str | None) -> Control:
        """The one box or radio button that *value* means."""
        if value is None and len(found) > 1:
            values = ", ".join(repr(one.value) for one in found)
            _fail(f"{self.title} has several {name!r}: name one of {values}.")
        fitting = [one for one in found if value is None or one.value == value]
        if not fitting:
            values = ", ".join(repr(one.value) for one in found)
            _fail(f"The field {name!r} has no option {value!r}. Its options: {values}.")
        usable = next((one for one in fitting if not one.disabled), None)
        if usable is None:
            _fail(f"The option {value!r} of the field {name!r} is disabled.")
        return usable

    def _tick_all(self, name: str, found: list[Control], value: Any) -> None:
        if isinstance(value, bool):
            self._box(name, found, None).checked = value
            return
        wanted = [self._box(name, found, text) for text in _texts(value)]
        for box in found:
            if not box.disabled:
                box.checked = box in wanted

    def _enter_all(self, name: str, found: list[Control], value: Any) -> None:
        texts = _texts(value) if isinstance(value, list | tuple) else [_text(value)]
        usable = [one for one in found if not one.disabled]
        if len(texts) != len(usable):
            _fail(
                f"{self.title} has {len(usable)} fields {name!r}, and {len(texts)} values were "
                f"given: give a list with one for each."
            )
        for control, text in zip(usable, texts, strict=True):
            control.pick([text]) if control.kind == "select" else control.enter(text)

    def _choose(self, radio: Control) -> None:
        for other in self.controls:
            if other.kind == "radio" and radio.name and other.name == radio.name:
                other.checked = other is radio
        radio.checked = True

    def _pressed(self, wanted: str) -> Control:
        buttons = self.buttons
        exact = [one for one in buttons if wanted in _calls(one)]
        found = exact or [one for one in buttons if wanted in one.label]
        if len(found) == 1:
            return found[0]
        what = "several buttons" if found else "no button"
        labels = ", ".join(repr(one.label) for one in buttons) or "none"
        _fail(f"{self.title} has {what} {wanted!r}. Its buttons: {labels}.")


def encode(entries: Iterable[Entry], enctype: str) -> tuple[bytes, str]:
    """A form's body, and its content type (HTML Standard, 4.10.21.8)."""
    lines = [
        (_crlf(name), _crlf(value) if isinstance(value, str) else value) for name, value in entries
    ]
    match enctype:
        case "multipart/form-data":
            return _multipart(lines)
        case "text/plain":
            return "".join(f"{name}={value}\r\n" for name, value in lines).encode(), PLAIN
    return urlencoded(lines), URLENCODED


def urlencoded(entries: Iterable[Entry]) -> bytes:
    """Entries as a query; of a file, its name."""
    pairs = [(name, str(value)) for name, value in entries]
    return urlencode(pairs, safe="*").replace("~", "%7E").encode()


def _multipart(entries: Iterable[Entry]) -> tuple[bytes, str]:
    boundary = f"----formdata-{token_hex(12)}"
    body = b""
    for name, value in entries:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'.encode()
        if isinstance(value, File):
            body += f'; filename="{_quoted(value.filename)}"\r\n'.encode()
            body += f"Content-Type: {value.content_type}\r\n\r\n".encode() + value.content
        else:
            body += b"\r\n\r\n" + value.encode()
        body += b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"{MULTIPART}; boundary={boundary}"


def _quoted(text: str) -> str:
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _crlf(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def _kind(element: Element) -> str:
    kind = (element.get("type") or "").lower()
    match element.tag:
        case "input":
            return kind if kind in _KINDS else "text"
        case "button":
            return kind if kind in ("reset", "button") else "submit"
    return element.tag


def _calls(button: Control) -> set[str | None]:
    """All that a button may be called."""
    element = button.element
    return {
        button.label,
        element.get("aria-label"),
        element.get("value"),
        button.name or None,
        element.get("id"),
    }


def _direction(element: Element) -> str:
    said = (one.get("dir") for one in (element, *element.ancestors()))
    return "rtl" if next((one for one in said if one), "").lower() == "rtl" else "ltr"


def _is_date(kind: str, text: str) -> bool:
    try:
        if not re.match(r"\d{4,}-", text):
            return False
        read = datetime.strptime(
            f"{text}-1" if kind == "week" else text,
            _DATES[kind] + ("-%u" if kind == "week" else ""),
        )
    except ValueError:
        return False
    return read.strftime(_DATES[kind]) == text


def _date_and_time(text: str) -> str:
    day, clock = text[:10], text[11:]
    if text[10:11] not in ("T", " ") or not _is_date("date", day) or not _TIME.fullmatch(clock):
        return ""
    clock = clock.rstrip("0").rstrip(".") if "." in clock else clock
    return f"{day}T{clock[:5] if clock[5:] == ':00' else clock}"


def _text(value: Any) -> str:
    """A value as somebody types it.

    :raises TypeError: for one that is not typed.
    """
    match value:
        case None:
            return ""
        case enum.Enum():
            return _text(value.value)
        case str():
            return value
        case bool() | bytes() | list() | tuple() | dict() | set():
            raise TypeError(f"{value!r} is nothing that somebody types into a field.")
        case datetime() | time():
            return value.isoformat(
                timespec="auto" if value.second or value.microsecond else "minutes"
            )
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
    return str(value)


def _texts(value: Any) -> list[str]:
    """A value, or a list of values, as texts; None for none."""
    if value is None:
        return []
    if isinstance(value, list | tuple | set | frozenset):
        return [_text(one) for one in value]
    return [_text(value)]


def _fail(message: str) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError(message)
