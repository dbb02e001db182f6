"""A test client whose answers are pages: forms to fill in and send, and what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NoReturn, Self, cast
from urllib.parse import parse_qs, unquote, urljoin, urlsplit, urlunsplit

from flask import Flask, request, request_finished
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ..action import Action
from ..errors import ActionError
from ..result import SafeResult
from ..urls import path_of, quoted
from .filling import MULTIPART, PLAIN, URLENCODED, Control, Controls, encode, urlencoded
from .markup import Element, parse

#: Through which door a form is sent: a browser without scripts, htmx, or a script's own fetch.
Door = Literal["form", "htmx", "rpc"]

_MOVED = (301, 302, 303, 307, 308)
_PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_GROUPS = ("group", "radiogroup")


@dataclass(frozen=True, slots=True)
class _Told:
    """An error as it was told, in the language of the request."""

    code: str
    message: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    form_errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Visit:
    """One request: who made it, and what the application knew of it.

    :ivar error: what the action ended in that was called, or whose result was shown.
    """

    client: ActionsClient
    environ: dict[str, Any] = field(default_factory=dict)
    error: _Told | None = None

    def look(self, app: Flask, **_: Any) -> None:
        """See what the client does not: the application has an environ of its own."""
        self.environ = request.environ
        call, shown = self.call, list(self.shown.values())
        result = call.result if call is not None else shown[0] if len(shown) == 1 else None
        error = None if result is None else result.error
        if error is not None:  # here, since messages become text when they are read
            self.error = _Told(error.code, error.message, error.fields, error.form_errors)

    @property
    def call(self) -> Any:
        """The call of an action, if it came to an end."""
        _, call = self.environ.get("flask_actions.call", (None, None))
        return call if call is not None and call.result is not None else None

    @property
    def shown(self) -> dict[tuple[str, str | None], SafeResult[Any]]:
        """The results that templates asked for, by action and key."""
        return dict(self.environ.get("flask_actions.shown", {}))


class ActionsClient(FlaskClient):
    """Flask's test client, whose answers are a :class:`Page`.

    ``ActionsClient(app)`` makes one; with ``app.test_client_class = ActionsClient``,
    ``app.test_client()`` does.
    """

    def __init__(self, application: Flask, response_wrapper: Any = None, **options: Any) -> None:
        super().__init__(application, response_wrapper or application.response_class, **options)
        kinds = (Page, self.response_wrapper)
        self.response_wrapper: type[TestResponse] = type("ActionsPage", kinds, {})

    def open(self, *args: Any, **options: Any) -> Page:
        return cast(Page, super().open(*args, **options))

    def get(self, *args: Any, **options: Any) -> Page:
        return self.open(*args, **options, method="GET")

    def post(self, *args: Any, **options: Any) -> Page:
        return self.open(*args, **options, method="POST")

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def run_wsgi_app(self, environ: dict[str, Any], buffered: bool = False) -> Any:
        visit = environ["flask_actions.visit"] = _Visit(self)
        with request_finished.connected_to(visit.look, self.application):
            return super().run_wsgi_app(environ, buffered=buffered)


class Page(TestResponse):
    """An answer, with its forms; each assertion says what was found instead.

    What is asserted is what somebody gets to see. A field is invalid where its control, or the
    group of its boxes, has ``aria-invalid="true"``. Of a page that is written without, the
    result tells: what ``get_action_result`` gave to the page while it was rendered, so that an
    error that no template asks for is none.
    """

    _sent: Form | None = None
    _shown_at: str | None = None

    # --- what there is

    @property
    def url(self) -> str:
        """Where a browser is now; after a fragment still at the page around it."""
        if self._shown_at is not None:
            return self._shown_at
        here = f"{self.request.host_url.rstrip('/')}{_path(self.request)}"
        query = self.request.query_string.decode("latin-1")
        return f"{here}?{query}" if query else here

    @cached_property
    def document(self) -> Element:
        """The elements of the page; of an answer that is no HTML, none."""
        return parse(self.text if self.mimetype == "text/html" else "")

    @cached_property
    def forms(self) -> list[Form]:
        """The forms of the page, as they are filled in by now."""
        elements = list(self.document.walk())
        ids: dict[str | None, Element] = {}
        for one in elements:
            ids.setdefault(one.get("id"), one)
        owned: dict[Element | None, list[Element]] = {}
        for one in elements:
            owner = ids.get(one.get("form")) if one.has("form") else one.form
            owned.setdefault(owner, []).append(one)
        return [Form(self, one, owned.get(one, [])) for one in elements if one.tag == "form"]

    def form(
        self, action: Action[Any] | str | None = None, key: object = None, **fields: Any
    ) -> Form:
        """The form that leads to an action.

        :param action: the action or its name; ``"#search"`` for a form by its id; without it, the
            only form of the page.
        :param key: the ``_key`` that it sends, where there are several.
        :param fields: what else it holds, where there are several: ``comment_id=3``.
        :raises AssertionError: if there is none or more than one, naming all of the page.
        :raises LookupError: if the application has no such action.
        """
        __tracebackhide__ = True
        found, wanted = self.forms, "form"
        if isinstance(action, str) and action.startswith("#"):
            found, wanted = [one for one in found if one.id == action[1:]], f"form {action}"
        elif action is not None:
            name = self._actions.registry.name_of(action)
            by_address = [one for one in found if one.action == name]
            found = by_address or [one for one in found if one.htmx_action == name]
            wanted = f"form of {name}"
        if key is not None:
            found, wanted = [one for one in found if one.key == str(key)], f"{wanted}, key {key!r}"
        elif len(found) > 1 and action is not None:
            found = [one for one in found if one.key is None] or found
        for field_name, value in fields.items():
            found = [one for one in found if one.fields.get(field_name) == str(value)]
            wanted = f"{wanted}, {field_name} {value!r}"
        if len(found) == 1:
            return found[0]
        how_many = f"{len(found)} times a" if found else "no"
        lines = [f"The page has {how_many} {wanted}. It is {self._way_here()}."]
        lines += [f"  {one.describe()}" for one in self.forms] or ["  It has no form at all."]
        if found and key is None:
            lines.append("Tell them apart by key=, or by a field: form(name, post_id=3).")
        if self.location is not None:
            lines.append("This answer leads elsewhere: write .follow() before.")
        _fail("\n".join(lines))

    def follow(self) -> Page:
        """The page that this answer leads to, as a browser goes there; itself if nowhere."""
        target = self._target
        if target is None or not _same_site(target, self.url):
            return self
        sender = _Sender(self)
        page = sender.open(target, sender.navigation("GET"), history=[*self._past, self])
        page._sent = self._sent
        return page

    @property
    def results(self) -> dict[tuple[str, str | None], SafeResult[Any]]:
        """The results that the page was given to show, by action and key."""
        return self._visit.shown

    @property
    def result(self) -> SafeResult[Any] | None:
        """What the action ended in that was called on the way here, or whose result is shown."""
        call = self._call
        if call is not None:
            return cast(SafeResult[Any], call.result)
        shown = list(self.results.values())
        return shown[0] if len(shown) == 1 else None

    def errors(self, name: str) -> list[str]:
        """What somebody reads at a field that is invalid; nothing at one that is valid."""
        return self._complaints(name) or []

    # --- what is claimed

    def assert_ok(self) -> Page:
        """Claim that the action did what it was asked, and that the page is no error."""
        __tracebackhide__ = True
        if self.status_code >= 400 or self._error is not None:
            self._fail("This was expected to go well, and did not.")
        return self

    def assert_error(self, code: str, message: str | None = None) -> Page:
        """Claim that the action ended in the error *code*, and that its page was told.

        :param message: what somebody reads on the page.
        :raises ValueError: if there is no such code.
        """
        __tracebackhide__ = True
        ActionError.code_to_status(code)
        error = self._error
        if error is None:
            self._fail(f"The error {code} was expected, and there is none.")
        if error.code != code:
            self._fail(f"The error {code} was expected, and there is {error.code}.")
        self._check_shown()
        if message is not None and not self._says(message, error):
            self._fail(f"The message {message!r} was expected, and is not there.")
        return self

    def assert_invalid(self, name: str, *names: str, message: str | None = None) -> Page:
        """Claim that the fields are marked as invalid.

        :param name: as in the page, or as paths: ``lines.0.qty``.
        :param message: what somebody reads at each of them.
        """
        __tracebackhide__ = True
        for one in (name, *names):
            said = self._complaints(one)
            if said is None:
                if self._fields.get(_dotted(one)):
                    self._check_shown()
                    self._fail(
                        f"{one!r} is wrong, but the page has no such field and says nothing."
                    )
                self._fail(f"The field {one!r} was expected to be invalid, and is not.")
            if message is not None and not any(_plain(message) in text for text in said):
                self._fail(f"{message!r} was expected at the field {one!r}, which says {said}.")
        return self

    def assert_valid(self, *names: str) -> Page:
        """Claim that the fields are there and not marked; without names, that no field is."""
        __tracebackhide__ = True
        for name in names:
            if not self._controls(name):
                self._fail(f"The page has no field {name!r}.")
        for name in names or dict.fromkeys([*self._names(), *self._fields]):
            said = self._complaints(name)
            if said is not None or self._fields.get(_dotted(name)):
                self._fail(f"The field {name!r} was expected to be valid, and says {said}.")
        return self

    # --- how it is known

    @cached_property
    def _base(self) -> str:
        """What relative addresses in the page are relative to."""
        bases = (one.get("href") for one in self.document.walk() if one.tag == "base")
        return urljoin(self.url, next((one for one in bases if one is not None), ""))

    @property
    def _actions(self) -> Any:
        state = self._visit.client.application.extensions.get("actions")
        if state is None:
            raise RuntimeError("This application has no Actions: write actions = Actions(app).")
        return state

    @property
    def _visit(self) -> _Visit:
        return cast(_Visit, self.request.environ["flask_actions.visit"])

    @property
    def _called(self) -> _Visit | None:
        """The last call of an action on the way here."""
        visits = (page._visit for page in (self, *reversed(self._past)))
        return next((visit for visit in visits if visit.call is not None), None)

    @property
    def _call(self) -> Any:
        visit = self._called
        return None if visit is None else visit.call

    @property
    def _past(self) -> tuple[Page, ...]:
        return cast("tuple[Page, ...]", self.history)

    @property
    def _error(self) -> _Told | None:
        error = (self._called or self._visit).error
        if error is None and self.status_code >= 400:
            return _Told(ActionError.status_to_code(self.status_code), self.status)
        return error

    @property
    def _fields(self) -> dict[str, list[str]]:
        """What the result says of fields, if the page was given it."""
        error = self._error
        return {} if error is None else error.fields

    @property
    def _is_told(self) -> bool:
        """Whether the page was given the result, or is no page that could show it."""
        call, sent = self._call, self._sent
        if call is None or self._visit.call is call:
            return True
        if sent is not None and path_of(self.url) != path_of(sent.page.url):
            return True  # the login page, or wherever the error leads
        key = None if sent is None else sent.key
        shown = self.results
        return (call.ctx.name, key) in shown or (sent is None and bool(shown))

    def _check_shown(self) -> None:
        __tracebackhide__ = True
        if not self._is_told:
            name = self._call.ctx.name
            key = f", key={self._sent.key!r}" if self._sent and self._sent.key is not None else ""
            self._fail(
                f"The page does not show what {name} ended in: no template of it asks for "
                f"get_action_result({name!r}{key})."
            )

    @property
    def _text(self) -> str:
        return self.document.text

    def _says(self, message: str, error: _Told) -> bool:
        if self.mimetype == "text/html":
            return _plain(message) in self._text
        return message in (error.message, *error.form_errors)

    def _scope(self) -> list[Control]:
        """The controls that belong to the form that was sent; if it is not here, all."""
        sent, forms = self._sent, self.forms
        if sent is not None and self.mimetype != "text/html":
            return sent.controls
        if sent is not None:
            same = [one for one in forms if one.is_copy_of(sent)]
            forms = same or forms
        inside = [control for form in forms for control in form.controls]
        return inside or Controls(self.document.walk(), "The fragment").controls

    def _controls(self, name: str) -> list[Control]:
        return [one for one in self._scope() if one.name and _dotted(one.name) == _dotted(name)]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(one.name for one in self._scope() if one.name))

    def _complaints(self, name: str) -> list[str] | None:
        """What is said of a field; None if nobody can see that it is invalid."""
        controls = self._controls(name)
        marked = [one for one in map(_invalid, controls) if one is not None]
        if marked:
            return self._described(marked, name)
        said = self._fields.get(_dotted(name)) if self._is_told else None
        if not said:
            return None
        if self.mimetype != "text/html":
            return [_plain(text) for text in said]
        seen = [_plain(text) for text in said if _plain(text) in self._text]
        return seen if seen or controls else None

    def _described(self, marked: list[Element], name: str) -> list[str]:
        """The texts that elements point to; of errors and hints the errors, if they are known."""
        texts: list[str] = []
        for element in marked:
            ids = element.words("aria-errormessage") or element.words("aria-describedby")
            found = (one.text for one in map(self.document.by_id, ids) if one is not None)
            texts += [text for text in found if text and text not in texts]
        known = [_plain(text) for text in self._fields.get(_dotted(name), [])]
        return [text for text in texts if any(one in text for one in known)] or texts

    # --- what is told of it

    def _fail(self, claim: str) -> NoReturn:
        __tracebackhide__ = True
        _fail("\n".join([claim, *self._story()]))

    def _story(self) -> Iterator[str]:
        yield f"It was {self._way_here()}."
        call, error = self._call, self._error
        if call is not None:
            whole = "" if self._is_told else " (the page was not given this result)"
            ended = "went well" if error is None else f"ended in {error.code}: {error.message}"
            yield f"{call.ctx.name} {ended}{whole}"
        if error is not None:
            yield from (f"  {name}: {' '.join(texts)}" for name, texts in error.fields.items())
            yield from (f"  {text}" for text in error.form_errors if text != error.message)
        if self.mimetype != "text/html":
            yield f"The answer: {self.text[:1000]}"
            return
        scope = [one for one in self._scope() if one.name and one.kind != "hidden"]
        if scope:
            yield "In the page:"
        for control in scope:
            said = _invalid(control)
            told = [] if said is None else self._described([said], control.name)
            wrong = "" if said is None else f"  <- invalid: {' '.join(told)}"
            yield f"  {control}{wrong}"
        alerts = (one for one in self.document.walk() if one.get("role") == "alert")
        yield from (f"The page says: {one.text}" for one in alerts if one.text)

    def _way_here(self) -> str:
        pages = (*self._past, self)
        steps = [f"{one.request.method} {_path(one.request)} -> {one.status_code}" for one in pages]
        return ", ".join(steps)

    @property
    def _target(self) -> str | None:
        """The URL that a redirect leads to."""
        if self.status_code not in _MOVED or self.location is None:
            return None
        return urljoin(self.url, self.location)

    # --- what the page around a fragment has

    def _around(self) -> Iterator[Page]:
        """This page and, of a fragment, those that it was put into."""
        page: Page | None = self
        while page is not None:
            yield page
            page = page._sent.page if page._shown_at is not None and page._sent else None

    def _has_htmx_2(self) -> bool:
        for page in self._around():
            for one in page.document.walk():
                version = re.search(r"htmx[^/]*[-@](\d)\.", one.get("src") or "")
                if one.tag == "script" and version:
                    return version[1] == "2"
        return bool(self._actions.settings.htmx_version.startswith("2."))

    def _token_header(self) -> dict[str, str]:
        """The CSRF token of ``actions_head()``, which our script adds to what htmx sends."""
        for page in self._around():
            for one in page.document.walk():
                if one.tag == "meta" and one.get("name") == "csrf-token":
                    return {one.get("data-header") or "X-CSRFToken": one.get("content") or ""}
        return {}


class Form(Controls):
    """A form of a page.

    :ivar page: where it is.
    :ivar id: its id, or None.
    :ivar method: ``"get"``, ``"post"`` or ``"dialog"``.
    :ivar url: where a browser without scripts sends it.
    """

    def __init__(self, page: Page, element: Element, elements: list[Element]) -> None:
        self.page: Page = page
        self.element: Element = element
        self.id: str | None = element.get("id")
        self.method: str = _method(element.get("method"))
        self.url: str = self._resolve(element.get("action"))
        super().__init__(elements, self._title())

    @property
    def action(self) -> str | None:
        """The name of the action that it leads to; None if it leads to none."""
        return self._action_at(self.url)

    @property
    def htmx_action(self) -> str | None:
        """The name of the action that htmx sends it to."""
        url = _hx(self.element, "post")
        return None if url is None else self._action_at(self._resolve(url))

    @property
    def key(self) -> str | None:
        """The ``_key`` that it sends."""
        key = self.fields.get("_key")
        return key if isinstance(key, str) else None

    def is_copy_of(self, other: Form) -> bool:
        """Whether it is the same form on another page load."""
        name = self.action or self.htmx_action
        if name is None:
            return self.id is not None and self.id == other.id
        return (name, self.key) == (other.action or other.htmx_action, other.key)

    def errors(self, name: str) -> list[str]:
        """What somebody reads at a field that is invalid: the texts of the elements that its
        ``aria-errormessage``, or else its ``aria-describedby``, points to; nothing at a valid one.
        """
        same = [one for one in self.controls if one.name and _dotted(one.name) == _dotted(name)]
        marked = [one for one in map(_invalid, same) if one is not None]
        return self.page._described(marked, name)

    def submit(self, button: str | None = None, *, door: Door = "form") -> Page:
        """Send the form, and follow where the answer leads.

        Nothing is checked before: ``required`` and the like are for the browser, and a test
        wants to see what the server does.

        :param button: what the button says that is pressed, or its value, name or id; without it,
            the first one, which Enter presses.
        :param door: ``"form"`` as a browser without scripts, ``"htmx"`` as htmx of the page's
            version, whose fragment is the answer, ``"rpc"`` as a script's
            ``fetch(url, {body: new FormData(form)})`` that asks for JSON.
        :raises AssertionError: if the button is not there or disabled, or, for htmx, the form has
            no ``hx-post`` and is not boosted.
        """
        __tracebackhide__ = True
        match door:
            case "form":
                page = self._navigate(self.button(button))
            case "rpc":
                page = self._fetch(self.button(button))
            case "htmx":
                page = self._swap(self.button(button))
            case _:
                raise ValueError(f"There is no door {door!r}: it is 'form', 'htmx' or 'rpc'.")
        page._sent = self
        return page

    def describe(self) -> str:
        """The form in one line."""
        names = dict.fromkeys(one.name for one in self.controls if self._is_seen(one.name))
        key = "" if self.key is None else f", key {self.key!r}"
        return f"{self.title}{key}: {', '.join(names) or 'no fields'}"

    # --- the three doors

    def _navigate(self, button: Control | None) -> Page:
        __tracebackhide__ = True
        url, method, enctype = self._way(button)
        if method == "dialog":
            _fail(f"{self.title} closes a dialog, and is not sent.")
        sender = _Sender(self.page, self.element)
        headers = sender.navigation(method)
        entries = self.entries(button)
        if method == "get":
            body, _ = encode(entries, URLENCODED)
            return sender.open(self._ours(_asking(url, body)), headers)
        body, content_type = encode(entries, enctype)
        return sender.open(self._ours(url), headers, "POST", body, content_type)

    def _fetch(self, button: Control | None) -> Page:
        __tracebackhide__ = True
        url, _, _ = self._way(button)
        sender = _Sender(self.page, self.element)
        headers = {**sender.fetch(), "Accept": "application/json"}
        body, content_type = encode(self.entries(button), MULTIPART)
        return sender.open(self._ours(url), headers, "POST", body, content_type)

    def _swap(self, button: Control | None) -> Page:
        __tracebackhide__ = True
        source = self.element
        if button is not None and _hx(button.element, "post") is not None:
            source = button.element
        address = _hx(source, "post")
        if address is None and not self._is_boosted():
            _fail(f"{self.title} has no hx-post and is not boosted: htmx does not send it.")
        if _hx(source, "include") is not None:
            raise NotImplementedError(f"{self.title} has hx-include, which is not understood here.")
        own_url, own_method, _ = self._way(button)
        url = self._ours(own_url if address is None else self._resolve(address))
        sender = _Sender(self.page, self.element)
        old = self.page._has_htmx_2()
        headers = sender.fetch("cors" if old else "same-origin")
        headers |= self._htmx_headers(source, boosted=address is None)
        headers |= {name: str(value) for name, value in _json(source, "headers").items()}
        entries = self.entries(button, at_end=True)
        for name, value in _json(source, "vals").items():
            places = [place for place, one in enumerate(entries) if one[0] == name]
            place = len(entries) if old or not places else places[0]
            entries.insert(place, (name, str(value)))
            entries = [one for one in entries if one[0] != name or one is entries[place]]
        # URLSearchParams: line breaks stay as they are, and of a file there is no more than this.
        query = urlencoded(
            (name, value if isinstance(value, str) else "[object File]") for name, value in entries
        )
        if address is None and own_method == "get":
            headers.pop("Origin")
            return sender.land(sender.open(_asking(url, query), headers))
        encoding = _hx(source, "encoding") or self.element.get("enctype")
        body, kind = query, URLENCODED if old else f"{URLENCODED};charset=UTF-8"
        if encoding == MULTIPART:
            body, kind = encode(entries, MULTIPART)
        return sender.land(sender.open(url, headers, "POST", body, kind))

    def _htmx_headers(self, source: Element, boosted: bool) -> dict[str, str]:
        page = self.page
        headers = {"HX-Request": "true", "HX-Current-URL": page.url, **page._token_header()}
        said = "body" if boosted else _hx(source, "target") or "this"
        target = source if said == "this" else None
        if said.startswith("#"):
            inside = (one.document.by_id(said[1:]) for one in page._around())
            target = next((one for one in inside if one is not None), None)
        if boosted:
            headers["HX-Boosted"] = "true"
        if page._has_htmx_2():
            named = {"HX-Trigger": source.get("id"), "HX-Trigger-Name": source.get("name")}
            named["HX-Target"] = None if target is None else target.get("id")
            return {**headers, **{name: value for name, value in named.items() if value}}
        headers |= {"Accept": "text/html", "HX-Source": _tag_and_id(source)}
        if said == "body" or target is not None:
            headers["HX-Target"] = "body" if target is None else _tag_and_id(target)
        whole = said == "body" or _hx(source, "select") is not None
        headers["HX-Request-Type"] = "full" if whole else "partial"
        return headers

    # --- where to

    def _way(self, button: Control | None) -> tuple[str, str, str]:
        """URL, method and enctype, as the form or the button that is pressed says."""
        own = self.element
        said = own if button is None else button.element
        url = self.url if not said.get("formaction") else self._resolve(said.get("formaction"))
        method = _method(said.get("formmethod")) if said.has("formmethod") else self.method
        enctype = said.get("formenctype") or own.get("enctype") or ""
        return url, method, enctype.lower() if enctype.lower() in (MULTIPART, PLAIN) else URLENCODED

    def _resolve(self, url: str | None) -> str:
        url = (url or "").strip()
        if not url:
            return self.page.url
        return urljoin(self.page._base, url)

    def _ours(self, url: str) -> str:
        __tracebackhide__ = True
        if not _same_site(url, self.page.url):
            _fail(f"{self.title} leads to another site: {url}.")
        return url

    def _action_at(self, url: str) -> str | None:
        if not _same_site(url, self.page.url):
            return None
        state = self.page._visit.client.application.extensions.get("actions")
        if state is None:
            return None
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix(self.page.request.root_path)
        prefix = f"{state.settings.url_prefix}/"
        if path.startswith(prefix):
            name = path.removeprefix(prefix).removesuffix("/")
        else:
            name = unquote(parse_qs(parts.query).get("_action", [""])[0])
        return name if state.registry.find(name) is not None else None

    def _title(self) -> str:
        name = self.action or self.htmx_action
        if name is None:
            name = f"#{self.id}" if self.id else f"to {urlsplit(self.url).path}"
        return f"The form {name}"

    def _is_boosted(self) -> bool:
        own = _hx(self.element, "boost")
        name = "boost" if self.page._has_htmx_2() else "boost:inherited"
        around = (_hx(one, name) for one in (self.element, *self.element.ancestors()))
        said = own or next((one for one in around if one is not None), None)
        return said == "true"


class _Sender:
    """Sends what a page of the browser sends, with the headers that browsers send."""

    def __init__(self, page: Page, form: Element | None = None) -> None:
        self.page = page
        self.client = page._visit.client
        self.form = form

    def navigation(self, method: str) -> dict[str, str]:
        """Headers of a page load (Fetch Metadata, 2; Fetch, 3.2)."""
        headers = {"Accept": _PAGE, **self._referer()}
        if method.lower() == "post":
            headers["Origin"] = (
                "null" if self._policy() == "no-referrer" else _origin(self.page.url)
            )
        return {**headers, **self._metadata("navigate", "document"), **self._metadata_of_user()}

    def fetch(self, mode: str = "cors") -> dict[str, str]:
        """Headers of what a script sends."""
        headers = {"Accept": "*/*", "Origin": _origin(self.page.url), **self._referer()}
        return {**headers, **self._metadata(mode, "empty")}

    def open(
        self,
        url: str,
        headers: Mapping[str, str],
        method: str = "GET",
        body: bytes | None = None,
        content_type: str | None = None,
        history: list[Page] | None = None,
    ) -> Page:
        """Send a request, and follow where it is sent within this site."""
        __tracebackhide__ = True
        history = history or []
        for _ in range(20):
            root = self.page.request.root_path
            parts = urlsplit(url)
            path = parts.path or "/"
            under = bool(root) and (path + "/").startswith(f"{quoted(root)}/")
            page = self.client.open(
                f"{path[len(quoted(root)) :] if under else path}",
                base_url=f"{_origin(url)}{root if under else ''}/",
                query_string=parts.query,
                method=method,
                headers=dict(headers),
                data=body,
                content_type=content_type,
            )
            page.history = tuple(history)
            target = page._target
            if target is None or not _same_site(target, url):
                return page
            page.make_sequence()
            history.append(page)
            url = target
            if page.status_code not in (307, 308):
                method, body, content_type = "GET", None, None
                headers = {name: one for name, one in headers.items() if name != "Origin"}
        _fail(f"The redirects never end; the last one leads to {url}.")

    def land(self, page: Page) -> Page:
        """Where htmx goes with an answer: to the page that it names, or on with the fragment."""
        headers, here = page.headers, self.page.url
        history = [*page._past, page]
        way = headers.get("HX-Redirect") or (here if headers.get("HX-Refresh") == "true" else None)
        if way is not None:
            target = urljoin(here, way)
            if not _same_site(target, here):
                return page
            return self.open(target, self.navigation("GET"), history=history)
        location = headers.get("HX-Location")
        if location is not None:
            path = json.loads(location)["path"] if location.startswith("{") else location
            target = urljoin(here, path)
            further = {"HX-Request": "true", "HX-Current-URL": here}
            if not self.page._has_htmx_2():
                further |= {"Accept": "text/html", "HX-Request-Type": "full", "HX-Target": "body"}
            mode = "cors" if self.page._has_htmx_2() else "same-origin"
            ways = {name: one for name, one in self.fetch(mode).items() if name != "Origin"}
            return self.open(target, {**ways, **further}, history=history)
        pushed = headers.get("HX-Push-Url") or headers.get("HX-Replace-Url") or "false"
        page._shown_at = here if pushed in ("true", "false") else urljoin(here, pushed)
        return page

    def _policy(self) -> str:
        """The referrer policy of the page (Referrer Policy, 8)."""
        if self.form is not None and "noreferrer" in self.form.words("rel"):
            return "no-referrer"
        page = list(self.page._around())[-1]
        said = [page.headers.get("Referrer-Policy", "")]
        said += [
            one.get("content") or ""
            for one in page.document.walk()
            if one.tag == "meta" and (one.get("name") or "").lower() == "referrer"
        ]
        words = [word.strip().lower() for text in said for word in text.split(",") if word.strip()]
        return words[-1] if words else "strict-origin-when-cross-origin"

    def _referer(self) -> dict[str, str]:
        match self._policy():
            case "no-referrer":
                return {}
            case "origin" | "strict-origin":
                return {"Referer": f"{_origin(self.page.url)}/"}
        return {"Referer": self.page.url.partition("#")[0]}

    def _metadata(self, mode: str, destination: str) -> dict[str, str]:
        parts = urlsplit(self.page.url)
        host = parts.hostname or ""
        if parts.scheme != "https" and not (
            host == "localhost" or host.endswith(".localhost") or host.startswith("127.")
        ):
            return {}  # browsers send them to trustworthy origins alone
        return {
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": mode,
            "Sec-Fetch-Dest": destination,
        }

    def _metadata_of_user(self) -> dict[str, str]:
        return {"Sec-Fetch-User": "?1"} if self._metadata("", "") else {}


def _invalid(control: Control) -> Element | None:
    """What says that a control is invalid: itself, or for boxes the group around them."""
    elements = [control.element]
    if control.kind in ("checkbox", "radio"):
        elements += [
            one
            for one in control.element.ancestors()
            if one.tag == "fieldset" or one.get("role") in _GROUPS
        ][:1]
    return next((one for one in elements if one.get("aria-invalid") == "true"), None)


def _hx(element: Element, name: str) -> str | None:
    own = element.get(f"hx-{name}")
    return own if own is not None else element.get(f"data-hx-{name}")


def _json(element: Element, name: str) -> dict[str, Any]:
    """An attribute of htmx that is JSON."""
    text = _hx(element, name) or "{}"
    try:
        return dict(json.loads(text))
    except ValueError:
        raise NotImplementedError(f"hx-{name} is no JSON, and is not understood here.") from None


def _asking(url: str, query: bytes) -> str:
    """*url* with that query in the place of its own."""
    return urlunsplit(urlsplit(url)._replace(query=query.decode(), fragment=""))


def _tag_and_id(element: Element) -> str:
    id = element.get("id")
    return f"{element.tag}#{quoted(id)}" if id else element.tag


def _method(text: str | None) -> str:
    method = (text or "").lower()
    return method if method in ("post", "dialog") else "get"


def _dotted(name: str) -> str:
    """``lines[0][qty]`` and ``tags[]`` as paths."""
    return re.sub(r"\[([^\]]*)\]", r".\1", name).rstrip(".")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _path(request: Any) -> str:
    return quoted(request.root_path + request.path)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _same_site(one: str, other: str) -> bool:
    return _origin(one) == _origin(other)


def _fail(message: str) -> NoReturn:
    __tracebackhide__ = True
    raise AssertionError(message)
