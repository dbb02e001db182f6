"""ActionContext: what a guard and a handler know of the call they serve."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from flask import (
    after_this_request,
    current_app,
    g,
    has_app_context,
    has_request_context,
    session,
    url_for,
)
from flask import request as flask_request
from flask.sessions import SessionMixin
from flask.wrappers import Request
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from .errors import ActionError, MisuseError
from .messages import Text
from .urls import has_scheme, on_site

Door = Literal["form", "htmx", "rpc", "server", "mcp", "queue"]

log: logging.Logger = logging.getLogger("flask_actions")

_UNKNOWN = object()
_COOKIES = "flask_actions.cookies"
_COOKIE_WRITES = "flask_actions.cookie_writes"


class ActionContext:
    """One call, as its guard and its handler see it.

    :ivar name: the action's canonical name.
    :ivar called_from: the door: ``"form"``, ``"htmx"``, ``"rpc"``, ``"server"``.
    :ivar location: where the handler sends the caller, once it has.
    """

    #: Tells a handler's only parameter that it is the context and not an input.
    is_action_context = True
    #: Whether its guards are asked, before the body is read.
    asking = False
    _htmx: HtmxReply | None = None
    _intent: str | None = None
    _bound: Any = None

    def __init__(
        self, name: str, called_from: Door, load_user: Callable[[ActionContext], Any] | None
    ) -> None:
        self.name = name
        self.called_from: Door = called_from
        self.location: str | None = None
        self.external: bool = False
        self._load_user = load_user
        self._user: Any = _UNKNOWN

    @property
    def htmx(self) -> HtmxReply:
        """What the answer asks htmx to do; does nothing on other doors."""
        if self._htmx is None:
            self._htmx = HtmxReply()
        return self._htmx

    @property
    def request(self) -> Request:
        """Flask's request.

        :raises RuntimeError: outside a request.
        """
        self._need_request("request")
        return flask_request

    @property
    def session(self) -> SessionMixin:
        """Flask's session.

        :raises RuntimeError: outside a request.
        """
        self._need_request("session")
        return session

    @property
    def cookies(self) -> RequestCookies:
        """The cookies that came, and those that the answer sets.

        :raises RuntimeError: outside a request.
        """
        self._need_request("cookies")
        return RequestCookies()

    @property
    def locals(self) -> Any:
        """Flask's ``g``.

        :raises RuntimeError: outside an application context.
        """
        if not has_app_context():
            raise RuntimeError(
                f"ctx.locals of {self.name} is Flask's g, and there is no application here. Call "
                f"the action in `with app.app_context():`."
            )
        return g

    @property
    def url(self) -> str | None:
        """The URL of the request; None outside one."""
        return flask_request.url if has_request_context() else None

    @property
    def client_address(self) -> str | None:
        """The address of the client; behind a proxy it takes werkzeug's ``ProxyFix``."""
        return flask_request.remote_addr if has_request_context() else None

    @property
    def intent(self) -> str | None:
        """The name of the button that was pressed; None for an action without ``intents``.

        It comes with the body, which is read after the guards.

        :raises MisuseError: in a guard.
        """
        self._need_body("intent")
        return self._intent

    @intent.setter
    def intent(self, name: str) -> None:
        self._intent = name

    @property
    def bound(self) -> Any:
        """What the page bound, as the action's ``bound`` model; None for an action without one.

        It comes with the body, which is read after the guards: what depends on it is checked in
        the handler.

        :raises MisuseError: in a guard.
        """
        self._need_body("bound")
        return self._bound

    @bound.setter
    def bound(self, value: Any) -> None:
        self._bound = value

    @property
    def user(self) -> Any:
        """Who is logged in; None for nobody."""
        if self._user is _UNKNOWN:
            self._user = self._load_user(self) if self._load_user else None
        return self._user

    @property
    def user_id(self) -> Any:
        """The id of who is logged in: ``get_id()``, ``id`` or the key ``"id"``; None if nobody."""
        user = self.user
        if user is None:
            return None
        if callable(getattr(user, "get_id", None)):
            return user.get_id()
        if isinstance(user, dict):
            return user.get("id")
        return getattr(user, "id", None)

    @property
    def has_login(self) -> bool:
        """Whether the application can tell who is logged in."""
        return self._load_user is not None

    def redirect(self, target: str, external: bool = False, **values: Any) -> None:
        """Send the caller to an endpoint or a URL; what the handler returns is kept for there.

        :param target: a leading ``/`` or a scheme is a URL, all else an endpoint.
        :param external: whether the URL may leave this site.
        :raises ActionError: ``BAD_REQUEST`` for a URL that leaves it all the same.
        """
        if not has_scheme(target):
            self.location, self.external = _url_for(target, values), False
            return
        host = flask_request.host if has_request_context() else ""
        here = on_site(target, host)
        if here is None and not external:
            log.warning(
                "%s redirects to %r, which is not on this site: write ctx.redirect(url, "
                "external=True) where that is meant.",
                self.name,
                target,
            )
            raise ActionError("BAD_REQUEST", Text("to_another_site"))
        if here is None and (not _is_web_url(target)):
            raise ValueError(
                f"{target!r} is no URL that a browser can follow. Write an endpoint, a path "
                f"('/page') or a URL ('https://example.org/')."
            )
        # Headers are ASCII; a URL that was written with other letters means their UTF-8.
        url = here or target
        self.location = url if url.isascii() else iri_to_uri(url)
        self.external = here is None

    def _need_body(self, what: str) -> None:
        if self.asking:
            raise MisuseError(
                f"ctx.{what} of {self.name} comes with the body, and guards run before it is read: "
                f"look at it in the handler."
            )

    def _need_request(self, what: str) -> None:
        if not has_request_context():
            raise RuntimeError(
                f"ctx.{what} needs a request, and {self.name} was called outside one. Check "
                f"ctx.called_from, or hand in what the handler needs with its input."
            )


class RequestCookies:
    """The cookies of the request, and of the response that it will get."""

    def get(self, name: str, default: str | None = None) -> str | None:
        """A cookie's value, the one that the answer sets before the one that came."""
        changed = self._changed()
        if name in changed:
            return changed[name] if changed[name] is not None else default
        return flask_request.cookies.get(name, default)

    def names(self) -> list[str]:
        """The names of all cookies that the browser has once it has the answer."""
        now: Request = flask_request._get_current_object()  # type: ignore[attr-defined]
        changed = now.environ.get(_COOKIES, {})
        kept = [name for name in now.cookies if name not in changed]
        return kept + [name for name, value in changed.items() if value is not None]

    def set(self, key: str, value: str = "", **options: Any) -> None:
        """Set a cookie on the answer, whatever door it leaves by.

        :param options: those of werkzeug's ``Response.set_cookie``; the path is the application's
            and ``secure`` follows the request, unless they are given.
        """
        options.setdefault("path", current_app.config["APPLICATION_ROOT"])
        options.setdefault("secure", flask_request.is_secure)
        self._change(key, value, lambda answer: answer.set_cookie(key, value, **options))

    def delete(self, key: str, **options: Any) -> None:
        """Have the browser forget a cookie; path and domain as it was set with."""
        options.setdefault("path", current_app.config["APPLICATION_ROOT"])
        self._change(key, None, lambda answer: answer.delete_cookie(key, **options))

    def _changed(self) -> dict[str, str | None]:
        changed: dict[str, str | None] = flask_request.environ.setdefault(_COOKIES, {})
        return changed

    def _change(self, key: str, value: str | None, write: Callable[[Response], None]) -> None:
        self._changed()[key] = value
        flask_request.environ.setdefault(_COOKIE_WRITES, []).append(write)
        after_this_request(write_cookies)


def write_cookies(answer: Any, environ: dict[str, Any] | None = None) -> Any:
    """Set on *answer* the cookies that wait for it.

    :param environ: that of the current request.

    The extension calls it too: an ``after_this_request`` that comes during Flask's own
    ``after_request`` is never called.
    """
    for write in (environ or flask_request.environ).pop(_COOKIE_WRITES, ()):
        write(answer)
    return answer


class OutOfBand(NamedTuple):
    """A further fragment of an htmx answer."""

    fragment: str
    target: str | None
    swap: str
    context: dict[str, Any]


class HtmxReply:
    """What an answer asks htmx to do, beside its fragment."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.further: list[OutOfBand] = []
        self._events: dict[str, Any] = {}

    def trigger(self, event: str, detail: Any = None) -> None:
        """Fire *event* in the page; listen on the body: the form may be gone by then.

        htmx 2 fires it before the swap, htmx 4 after it.

        :raises TypeError: if *detail* is no JSON.
        """
        # Headers are Latin-1: everything else leaves as \\u escapes.
        try:
            header = json.dumps({**self._events, event: detail}, ensure_ascii=True)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"The detail of the event {event!r} is no JSON ({error}): give plain data, such "
                f"as model.model_dump(mode='json')."
            ) from None
        self._events[event] = detail
        self.headers["HX-Trigger"] = header

    def retarget(self, selector: str) -> None:
        """Put the fragment where *selector* points, whatever the form says."""
        # CSS has escapes too.
        escaped = "".join(char if char.isascii() else f"\\{ord(char):x} " for char in selector)
        self._set("HX-Retarget", escaped)

    def reswap(self, style: str) -> None:
        """Swap in another way: ``"outerHTML"``, ``"beforeend"``, ``"none"``."""
        self._set("HX-Reswap", style)

    def push_url(self, url: str | Literal[False]) -> None:
        """Put *url* into the address bar; False keeps the one that is there."""
        self._set("HX-Push-Url", iri_to_uri(url) if url else "false")

    def oob(
        self,
        fragment: str,
        target: str | None = None,
        swap: str = "outerHTML",
        **context: Any,
    ) -> None:
        """Send a further fragment: a template, or one block of it (``"page.html#count"``).

        :param target: a selector; the fragment is put there by ``<hx-partial>``, which table rows
            survive too (htmx 2.0.11 or 4). Without it, the fragment's own ``hx-swap-oob`` decides.
        """
        self.further.append(OutOfBand(fragment, target, swap, context))

    def _set(self, header: str, value: str) -> None:
        # Said here, where the handler's line is in the traceback, and not when the answer is made.
        if any(char in value for char in "\r\n\0") or any(ord(char) > 0xFF for char in value):
            raise ValueError(f"{value!r} cannot be sent in a header ({header}).")
        self.headers[header] = value


def _url_for(endpoint: str, values: dict[str, Any]) -> str:
    if has_request_context():
        return url_for(endpoint, **values)
    # Outside a request Flask wants a SERVER_NAME for whole URLs; a path needs none.
    root = current_app.config["APPLICATION_ROOT"]
    adapter = current_app.url_map.bind("localhost", script_name=root)
    current_app.inject_url_defaults(endpoint, values)
    anchor = values.pop("_anchor", None)
    path = adapter.build(endpoint, values)
    return f"{path}#{anchor}" if anchor else path


def _is_web_url(url: str) -> bool:
    return url.startswith(("http://", "https://")) and not any(ord(char) <= 0x20 for char in url)
