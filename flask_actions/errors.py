"""What can go wrong with a call: a code and a message in, an error fit to show out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from functools import cached_property
from json import JSONEncoder
from math import ceil
from typing import Any, TypeAlias, TypeGuard

from werkzeug.exceptions import HTTPException

from . import messages
from .messages import ENGLISH, Messages, Places, Reader, Text, is_lazy
from .packing import json_of

#: The IANA names of HTTP's error statuses, as Astro's newest list has them.
STATUSES: dict[str, int] = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "PAYMENT_REQUIRED": 402,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "PROXY_AUTHENTICATION_REQUIRED": 407,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "GONE": 410,
    "LENGTH_REQUIRED": 411,
    "PRECONDITION_FAILED": 412,
    "CONTENT_TOO_LARGE": 413,
    "URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RANGE_NOT_SATISFIABLE": 416,
    "EXPECTATION_FAILED": 417,
    "MISDIRECTED_REQUEST": 421,
    "UNPROCESSABLE_CONTENT": 422,
    "LOCKED": 423,
    "FAILED_DEPENDENCY": 424,
    "TOO_EARLY": 425,
    "UPGRADE_REQUIRED": 426,
    "PRECONDITION_REQUIRED": 428,
    "TOO_MANY_REQUESTS": 429,
    "REQUEST_HEADER_FIELDS_TOO_LARGE": 431,
    "UNAVAILABLE_FOR_LEGAL_REASONS": 451,
    "INTERNAL_SERVER_ERROR": 500,
    "NOT_IMPLEMENTED": 501,
    "BAD_GATEWAY": 502,
    "SERVICE_UNAVAILABLE": 503,
    "GATEWAY_TIMEOUT": 504,
    "HTTP_VERSION_NOT_SUPPORTED": 505,
    "VARIANT_ALSO_NEGOTIATES": 506,
    "INSUFFICIENT_STORAGE": 507,
    "LOOP_DETECTED": 508,
    "NETWORK_AUTHENTICATION_REQUIRED": 511,
}

#: Spellings of Astro before 5.7.14, still accepted.
OLDER_STATUSES: dict[str, int] = {
    "TIMEOUT": 408,
    "PAYLOAD_TOO_LARGE": 413,
    "CLIENT_CLOSED_REQUEST": 499,
}

_STATUS_OF = {**OLDER_STATUSES, **STATUSES}
_CODE_OF = {status: code for code, status in _STATUS_OF.items()}


class _Message:
    """A message as it was given, which becomes text as it is read."""

    def __get__(self, issue: Issue | None, owner: type[Issue]) -> str:
        if issue is None:
            raise AttributeError  # for the dataclass: the field has no default
        reader = messages.find_reader()
        known = issue.__dict__
        given = known["message"]
        if reader is None and type(given) is str and not known["own"]:
            return given
        return issue.told_to(reader)

    def __set__(self, issue: Issue, given: object) -> None:
        raise FrozenInstanceError("cannot assign to field 'message'")


@dataclass(frozen=True, init=False)
class Issue:
    """One thing that is wrong with an input; never the value that was wrong.

    :ivar path: where, from the root of the input: ``("lines", 0, "qty")``; empty for the form.
    :ivar code: what kind, a stable word: pydantic's error type, or ``custom`` for a handler's own.
    :ivar message: a text in the language of who reads it: the catalogues' text for the code, else
        the one that was given.
    :ivar context: what belongs into the text, as pydantic names it: ``{"min_length": 3}``.
    :ivar own: the messages of its field and its models, the most specific first.
    """

    path: tuple[str | int, ...]
    code: str
    message: _Message = _Message()
    context: Mapping[str, Any] = field(default_factory=dict, compare=False)
    own: tuple[Messages, ...] = field(default=(), repr=False, compare=False)

    def __init__(
        self,
        path: tuple[str | int, ...],
        code: str,
        message: object,
        context: Mapping[str, Any] | None = None,
        own: tuple[Messages, ...] = (),
    ) -> None:
        # As a frozen dataclass does it, in a third of the time.
        known = self.__dict__
        known["path"] = path
        known["code"] = code
        known["message"] = message
        known["context"] = {} if context is None else context
        known["own"] = own

    @property
    def given(self) -> object:
        """The message that it came with: a text, or a lazy one."""
        return self.__dict__["message"]

    def told_to(self, reader: Reader | None) -> str:
        """The message for *reader*; for many at once, found once."""
        given = self.__dict__["message"]
        if reader is not None or self.own:
            found = (reader or ENGLISH).of_issue(self.code, given, self.context, self.own)
            if found is not None:
                return found
        return given if type(given) is str else str(given)

    def to_dict(self) -> dict[str, Any]:
        return {"path": list(self.path), "code": self.code, "message": self.message}

    def to_plain(self, places: Places | None) -> list[Any]:
        """As data that is kept, and read in the language of another request.

        :param places: those of the action's input.
        """
        own = [] if places is None else places.names(self.own)
        parts = [list(self.path), self.code, messages.to_plain(self.given)]
        return [*parts, messages.kept(self.context), own] if self.context or own else parts

    @staticmethod
    def from_plain(plain: list[Any], places: Places | None) -> Issue:
        """The issue that was kept."""
        path, code, given, context, names = plain if len(plain) > 3 else [*plain, {}, ()]
        known = {} if places is None else places.named
        own = tuple(known[name] for name in names if name in known)
        return Issue(tuple(path), code, messages.from_plain(given), context, own)


class ActionError(Exception):
    """An error that the caller is told about.

    :param code: one of the 38 names of :data:`STATUSES`, or an older spelling.
    :param message: shown to people: a text, or a lazy one, which becomes text when it is read.
    :param retry_after: seconds to wait, whole ones in the end; becomes ``Retry-After``.
    :param reference: the id under which the log has the cause.
    :raises ValueError: if *code* is unknown.
    :raises TypeError: if *retry_after* is no number.
    """

    type = "ActionError"

    def __init__(
        self,
        code: str,
        message: object = "",
        *,
        retry_after: float | None = None,
        reference: str | None = None,
    ) -> None:
        self.status: int = self.code_to_status(code)
        self.code = code
        self.given: object = message
        self.retry_after: int | None = None if retry_after is None else _whole_seconds(retry_after)
        self.reference = reference
        super().__init__(code, message)

    def __str__(self) -> str:
        return self.message or self.code

    @property
    def message(self) -> str:
        """The message, in the language of who reads it; :attr:`given` is what it came with."""
        given = self.given
        return given if type(given) is str else str(given)

    @message.setter
    def message(self, given: object) -> None:
        self.given = given

    @staticmethod
    def code_to_status(code: str) -> int:
        """The HTTP status of *code*.

        :raises ValueError: if there is no such code.
        """
        status = _STATUS_OF.get(code)
        if status is None:
            raise ValueError(
                f"{code!r} is no error code.{_near(code)} Use an IANA name in capitals, such as "
                f"'NOT_FOUND', 'CONFLICT' or 'UNPROCESSABLE_CONTENT'."
            )
        return status

    @staticmethod
    def status_to_code(status: int) -> str:
        """The newest name of an HTTP error status; ``INTERNAL_SERVER_ERROR`` where it has none."""
        return _CODE_OF.get(status, "INTERNAL_SERVER_ERROR")

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the input: empty but for an :class:`ActionInputError`, so that a
        template may ask any error for the messages of its fields."""
        return ()

    @property
    def fields(self) -> dict[str, list[str]]:
        """Messages by dotted path, in the order of the issues."""
        reader = messages.find_reader()
        fields: dict[str, list[str]] = {}
        for issue in self.issues:
            if issue.path:
                fields.setdefault(_dotted(issue.path), []).append(issue.told_to(reader))
        return fields

    @property
    def form_errors(self) -> list[str]:
        """Messages that belong to no field."""
        reader = messages.find_reader()
        return [issue.told_to(reader) for issue in self.issues if not issue.path]

    def to_dict(self) -> dict[str, Any]:
        """The error as plain JSON data."""
        plain: dict[str, Any] = {
            "type": self.type,
            "code": self.code,
            "status": self.status,
            "message": self.message,
        }
        if self.reference is not None:
            plain["reference"] = self.reference
        return plain


def _whole_seconds(given: float) -> int:
    """Seconds as the header has them: whole, so that nobody comes too early. RFC 9110, 10.2.3."""
    try:
        return max(ceil(given), 0)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"retry_after is {given!r}; it is a number of seconds: retry_after=30."
        ) from None


_PLEASE_CHECK = Text("please_check")


#: What a client is told of an issue: its path, its code and its message.
Told: TypeAlias = tuple[tuple[str | int, ...], str, str]


class LateIssues:
    """Issues that are made when somebody looks at them: most answers need their texts alone."""

    def __iter__(self) -> Iterator[Issue]:
        raise NotImplementedError

    def told(self) -> Iterable[Told]:
        """What they say where nobody asked for another language."""
        raise NotImplementedError

    def __reduce__(self) -> Any:
        return tuple, (tuple(self),)


class ActionInputError(ActionError):
    """The input does not fit: which fields, and why.

    :param problems: messages by dotted path (``"email"``, ``"lines.0.qty"``; ``""`` for the whole
        form), each a text or a list of texts, lazy ones too; or ready :class:`Issue` objects.
    :param message: the sentence above the form.
    """

    type = "ActionInputError"
    #: Places that somebody named and the input does not have: what is said of them stands at the
    #: form instead. A mistake in the code, which its developer is told of.
    strays: tuple[tuple[str | int, ...], ...] = ()

    def __init__(
        self,
        problems: Mapping[str, object] | Iterable[Issue],
        message: object = _PLEASE_CHECK,
    ) -> None:
        super().__init__("BAD_REQUEST", message)
        if not isinstance(problems, LateIssues):
            problems = tuple(_each(problems))
        self.args: tuple[Any, ...] = (problems, message)

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the input."""
        return tuple(self.args[0])

    def to_dict(self) -> dict[str, Any]:
        plain = super().to_dict()
        issues: list[dict[str, Any]] = []
        fields: dict[str, list[str]] = {}
        for path, code, text in self._told():
            issues.append({"path": [*path], "code": code, "message": text})
            if path:
                fields.setdefault(_dotted(path), []).append(text)
        plain["issues"], plain["fields"] = issues, fields
        return plain

    def _told(self) -> Iterable[Told]:
        """What the issues say to who reads now."""
        reader, given = messages.find_reader(), self.args[0]
        if reader is None and isinstance(given, LateIssues) and "issues" not in self.__dict__:
            return given.told()
        return [(one.path, one.code, one.told_to(reader)) for one in self.issues]


class Refusal(ActionError):
    """The request is turned away at the door: no page waits for this answer.

    Method, origin, name, size, content type and token are refused so; what a guard, the input
    model or the handler refuses is an ordinary :class:`ActionError`, whose page shows it.

    :ivar cause: the exception of the library that refused, for an application's error handler.
    """

    def __init__(self, code: str, message: object, cause: HTTPException | None = None) -> None:
        super().__init__(code, message)
        self.cause = cause


class MisuseError(RuntimeError):
    """The code around an action is wrong: told to its developer, through whichever door."""


def is_action_error(value: object) -> TypeGuard[ActionError]:
    """Whether *value* is an :class:`ActionError`, input errors included."""
    return isinstance(value, ActionError)


def is_input_error(value: object) -> TypeGuard[ActionInputError]:
    """Whether *value* is an :class:`ActionInputError`."""
    return isinstance(value, ActionInputError)


def _each(problems: Mapping[str, object] | Iterable[Issue]) -> Iterable[Issue]:
    if not isinstance(problems, Mapping):
        issues = list(problems) if isinstance(problems, Iterable) else [problems]
        if not all(isinstance(one, Issue) for one in issues):
            raise TypeError(
                f"ActionInputError takes messages by field, {{'email': 'Already taken'}} ('' for "
                f"the whole form), or Issue objects, not {problems!r}."
            )
        yield from issues
        return
    for dotted, given in problems.items():
        path = tuple(
            int(part) if part.isdecimal() else part for part in str(dotted).split(".") if part
        )
        # A lazy text of a translation is no str, and could be walked as well.
        several: Any = [given] if isinstance(given, str) or is_lazy(given) else given
        if not isinstance(several, Iterable) or isinstance(several, Mapping):
            raise TypeError(
                f"ActionInputError takes a text for {dotted!r}, or several in a list, not "
                f"{given!r}; a field within has a dotted name, {{'contact.email': 'Taken'}}."
            )
        for one in several:
            yield Issue(path, "custom", one if is_lazy(one) else str(one))


def error_json(error: ActionError) -> bytes:
    """The error's :meth:`~ActionError.to_dict` as JSON."""
    # One of the application's own class may say more, and so may one that was changed.
    if (type(error), error.code, error.status, error.reference) == _AS_USUAL:
        quick = _quick_json(error.message, error._told())  # type: ignore[attr-defined]
        if quick is not None:
            return quick
    return json_of(error.to_dict(), "null").encode()


_AS_USUAL = (ActionInputError, "BAD_REQUEST", 400, None)


def _quick_json(message: str, told: Iterable[Told]) -> bytes | None:
    """An input error as JSON, put together from pieces that are known already.

    A model says the same few things of its fields again and again.

    :returns: None if it has issues that are not of a field, or long ones, or odd ones.
    """
    issues: list[str] = []
    fields: dict[str, str] = {}
    head = (
        f'"type":"ActionInputError","code":"BAD_REQUEST","status":400,"message":{_quoted(message)}'
    )
    try:
        for one in told:
            pieces = _known.get(one) or _pieces(one)
            if pieces is None:
                return None
            issue, name, first, further = pieces
            issues.append(issue)
            fields[name] = fields[name] + further if name in fields else first
        by_field = "],".join(fields.values()) + "]" if fields else ""
        return f'{{{head},"issues":[{",".join(issues)}],"fields":{{{by_field}}}}}'.encode()
    except (TypeError, UnicodeEncodeError):  # a path in a list, a code that is no text
        return None


#: An issue as JSON, its field's name, and how it begins or continues that field's messages.
_Pieces: TypeAlias = tuple[str, str, str, str]

#: Issues that were told before.
_known: dict[Told, _Pieces] = {}


def _pieces(told: Told) -> _Pieces | None:
    """What an issue gives to the whole; None if it is not worth keeping."""
    path, code, text = told
    name = path[0] if len(path) == 1 else None
    if type(name) is not str or len(name) + len(code) + len(text) > 300:
        return None
    key, said = _quoted(name), _quoted(text)
    issue = f'{{"path":[{key}],"code":{_quoted(code)},"message":{said}}}'
    if len(_known) >= 1000:
        _known.clear()
    _known[told] = pieces = issue, name, f"{key}:[{said}", f",{said}"
    return pieces


_quoted = JSONEncoder(ensure_ascii=False).encode


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


def _near(code: object) -> str:
    from difflib import get_close_matches  # only when something went wrong

    near = get_close_matches(str(code).upper().replace(" ", "_"), _STATUS_OF, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
