"""What the doors of the web have in common: a request in, and the way back to its page."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import cache, lru_cache
from io import BytesIO
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin
from weakref import ref

from flask import Flask, current_app, request, session, url_for
from flask import globals as flask_globals
from flask.ctx import AppContext
from flask.sessions import NullSession
from flask.wrappers import Request
from pydantic_core import to_json
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MIMEAccept, MultiDict
from werkzeug.exceptions import ClientDisconnected, HTTPException, UnsupportedMediaType
from werkzeug.http import parse_accept_header
from werkzeug.routing import Map
from werkzeug.sansio.utils import get_content_length
from werkzeug.wrappers import Response

from ..action import Action, Kind
from ..bound import read
from ..config import Settings
from ..context import ActionContext, RequestCookies
from ..errors import ActionError, ActionInputError, Issue, Refusal
from ..forms import RESERVED, Decoded, Values, decode, values
from ..keeper import Keeper, Kept, Pocket, SessionPocket
from ..lazysession import LazySession
from ..messages import Text, from_plain, say, to_plain
from ..models import Input, Output, unserialisable
from ..origin import check_origin
from ..packing import pack, unpack
from ..result import SafeResult
from ..shapes import Leaf, Path
from ..urls import add_query, on_site, path_of, quoted, with_query, without_query
from .base import MARKS, Call, log

T = TypeVar("T")

#: The parameter that carries the id of a kept result.
RESULT_PARAMETER = "_result"

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
#: JSON that has dates, sets and shared values: the text of the npm package devalue.
DEVALUE = "application/json+devalue"

_NO_FILES: MultiDict[str, FileStorage] = ImmutableMultiDict()

#: So much of an ``Accept`` header is read, in characters.
MAX_ACCEPT = 1_000


class WebCall(Call):
    """A call that came by HTTP.

    :ivar by_page: whether it was made at a page's own URL, by ``?_action=``.
    :ivar limit: bytes that its body may have.
    :ivar length: bytes that its body has; None if nobody says how many.
    :ivar mimetype: what its body is; empty if nobody says so.
    """

    _form: tuple[MultiDict[str, str], MultiDict[str, FileStorage]] | None = None

    def __init__(
        self,
        action: Action[Any] | None,
        ctx: ActionContext,
        app: Flask,
        request: Request,
        settings: Settings,
        keeper: Keeper,
        *,
        by_page: bool,
        limit: int,
        length: int | None,
        mimetype: str,
    ) -> None:
        super().__init__(action, ctx)
        self.app = app
        # Weakly, as the request's environ has the call: with a circle, every request would wait
        # for the garbage collector.
        self._request = ref(request)
        self.settings = settings
        self.keeper = keeper
        self.by_page = by_page
        self.limit = limit
        self.length = length
        self.mimetype = mimetype

    @property
    def request(self) -> Request:
        """The request that the call came by; there as long as it lasts."""
        return self._request()  # type: ignore[return-value]

    @property
    def host(self) -> str:
        """Host and port that the request was made to."""
        request = self.request
        return request.environ.get("HTTP_HOST") or request.host  # which looks at each letter

    def has_handler(self, problem: Exception) -> bool:
        code = problem.code if isinstance(problem, HTTPException) else None
        for number in (code, None) if code is not None else (None,):
            handlers = self.app.error_handler_spec.get(None, {}).get(number, {})
            if any(kind in handlers for kind in type(problem).__mro__):
                return True
        return False

    def let_go(self, error: ActionError) -> None:
        # No client is told, and the frames would keep the call, which keeps its error.
        error.__traceback__ = error.__context__ = None

    # --- what came in

    @property
    def kind(self) -> Kind | None:
        """The kind of the body: ``"form"``, ``"json"``, or None for neither body nor type.

        :raises Refusal: ``UNSUPPORTED_MEDIA_TYPE`` for any other.
        """
        mimetype = self.mimetype
        if mimetype == "application/json" or mimetype == DEVALUE:
            return "json"
        if mimetype in FORM_TYPES:
            return "form"
        if not mimetype and not has_body(self.length, self.request.environ):
            return None
        raise Refusal(
            "UNSUPPORTED_MEDIA_TYPE",
            Text("unknown_content_type", type=mimetype or "(none)"),
        )

    def admit_body(self, action: Action[Any], kinds: Collection[str]) -> Kind | None:
        """Size, type and token, in this order, before the body is read.

        :param kinds: what this transport reads.
        :returns: the kind of the body.
        :raises Refusal: if the body may not come in.
        """
        if self.length is not None and self.length > self.limit:
            said = Text("body_too_large", sent=self.length, allowed=self.limit)
            raise Refusal("CONTENT_TOO_LARGE", said)
        kind = self.kind
        if kind is not None and (kind not in kinds or kind not in action.accept):
            only = {"form": "only_a_form", "json": "only_json"}
            both = len(action.accept) > 1
            said = Text("only_a_form_or_json" if both else only[next(iter(action.accept))])
            raise Refusal("UNSUPPORTED_MEDIA_TYPE", said)
        check_token(self.app)
        return kind

    def form(self) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        """The fields and the files of the form.

        :raises Refusal: if the form is broken or too large.
        """
        if self._form is None:
            self._form = _refusing(self._parse)
        return self._form

    def _parse(self) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        known = vars(self.request)
        if self.mimetype != FORM_TYPES[0] or self.length is None or "stream" in known:
            return self.request.form, self.request.files
        try:
            # As werkzeug's own parser does it, which costs five times as much.
            text = self._body().decode().replace("+", " ")
            pairs = [part.partition("=") for part in text.split("&") if part]
            fields = [(_unquoted(name), _unquoted(value)) for name, _, value in pairs]
        except ValueError:
            raise UnsupportedMediaType(say("broken_form")) from None
        return MultiDict(fields), _NO_FILES

    def json(self) -> bytes:
        """The bytes of a JSON body.

        :raises Refusal: if there are too many.
        """
        try:
            return self._body()
        except HTTPException as error:
            raise _refusal(error) from None

    def _body(self) -> bytes:
        """The body, as werkzeug's ``get_data`` gives it, at a quarter of its cost."""
        request, length = self.request, self.length
        if length is None or "stream" in request.__dict__:  # werkzeug's, once anybody has looked
            return request.get_data()
        environ = request.environ
        stream = environ["wsgi.input"]
        body: bytes = stream.read(length)
        while len(body) < length:
            part = stream.read(length - len(body))
            if not part:
                raise ClientDisconnected()
            body += part
        environ["wsgi.input"] = BytesIO(body)  # for a handler that reads it once more
        return body

    def decode_form(self, action: Action[Any]) -> Any:
        """The form as the action's input takes it: data guided by the model, or the fields."""
        fields, files = self.form()
        if action.marked:
            # The last of a name: a button's value comes after a hidden field's that it overrules.
            self.take_marks(action, {name: each[-1] for name, each in fields.lists()})
        ignore = self.ignored
        shape = (self.chosen or action.input).shape
        if shape is not None:
            decoded = decode(fields, files, shape, ignore)
            self.sent: Callable[[Path], Path] | None = decoded.sent
            return decoded
        both: MultiDict[str, Any] = MultiDict(fields)
        both.update(files)
        for name in ignore:
            both.poplist(name)
        return both

    def decode_json(self, action: Action[Any]) -> bytes | Decoded | None:
        """The JSON body as the action's input takes it; None for an empty one."""
        body = self.json() or None  # an empty body of type JSON is no input, as in Astro
        if body is not None and self.mimetype == DEVALUE:
            return self._decode_rich(action, body)
        if not action.marked:
            return body
        data = None if body is None else Input().from_json(body)
        members = data if isinstance(data, dict) else {}
        self.take_marks(action, members)
        rest = {name: value for name, value in members.items() if name not in MARKS}
        return body if len(rest) == len(members) else to_json(rest)

    def _decode_rich(self, action: Action[Any], body: bytes) -> Decoded | None:
        """The body in devalue's text as the action's input takes it; None for undefined."""
        from ..astro import read  # brings devalue, which few applications need

        rich = read(body)
        if action.marked:
            members = rich.data if rich is not None and isinstance(rich.data, dict) else {}
            self.take_marks(action, members)
            if rich is not None and any(name in members for name in MARKS):
                rest = {name: value for name, value in members.items() if name not in MARKS}
                rich = rich._replace(data=rest)
        input = self.chosen or action.input
        if rich is None or not input.strict:
            return rich
        from ..fitting import fit  # few types are strict

        assert input.shape is not None
        return rich._replace(data=fit(rich.data, input.shape))

    def take_marks(self, action: Action[Any], sent: Mapping[str, Any]) -> None:
        """Take which button was pressed and what the page bound, from the body or else the URL.

        :param sent: the body's members.
        :raises ActionError: ``BAD_REQUEST``, for a button that there is not, or what is bound no
            more.
        """
        asked = self.request.args
        intent, text = (
            asked.get(name) if sent.get(name) in ("", None) else sent[name] for name in MARKS
        )
        self.choose(action, intent)
        if action.bound is not None:
            self.ctx.bound = read(signing_keys(self.app), action, text)

    @property
    def ignored(self) -> Collection[str]:
        """Names that never reach a model."""
        return _reserved(self.app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"))

    @property
    def values(self) -> dict[str, str | list[str]]:
        """What the user typed, for the next rendering; nothing if it cannot be read."""
        try:
            fields, _ = self.form()
        except (ActionError, OSError):
            return {}
        own = self.action.input if self.action else Input()
        words = (*self.settings.secret_fields, *own.secret_words)
        return values(fields, own.shape, words, self.ignored)

    @property
    def key(self) -> str | None:
        """The ``_key`` of the form: which of several copies was sent."""
        return self._of_form("_key")

    def with_values(self, result: SafeResult[Any]) -> SafeResult[Any]:
        """A failed result with what the user typed."""
        if result.ok or self.mimetype not in FORM_TYPES:
            return result
        if isinstance(result.error, ActionInputError) and in_development():
            self._tell_misfit(result.error)
        return SafeResult(error=result.error, location=result.location, values=self.values)

    def _tell_misfit(self, error: ActionInputError) -> None:
        """Tell the developer of a form that nobody can fill in so that it fits."""
        own = self.action.input if self.action else Input()
        for one in error.issues:
            if not one.path and isinstance(own.shape, Leaf):
                log.warning(
                    "A form sends fields, and the input of %s is %s, which has none: give it a "
                    "model with a field for each, or write accept='json'.",
                    self.ctx.name,
                    own.label,
                )
            elif one.code == "upload_expected" and self.mimetype == FORM_TYPES[0]:
                log.warning(
                    "The form of %s sent the file %r as its name alone: write "
                    'enctype="multipart/form-data" into its <form>.',
                    self.ctx.name,
                    ".".join(map(str, one.path)),
                )

    # --- the way back

    def back(self) -> str | None:
        """The page that the call came from: a URL of this site without our parameters, or None."""
        ours = ("_action", RESULT_PARAMETER, *MARKS)
        if self.by_page:
            here = on_site(here_url(self.request), self.host)
            return None if here is None else without_query(here, (*ours, "_page"))
        headers, host = self.request.environ, self.host
        for candidate in (
            self._page(),  # with a fragment, if the form says so: "/posts/7#comments"
            headers.get("HTTP_HX_CURRENT_URL", "").partition("#")[0],
            headers.get("HTTP_REFERER", "").partition("#")[0],
        ):
            here = on_site(candidate or "", host)
            if here is not None and not self.is_action(here):
                return without_query(here, ours)
        return None

    def is_action(self, url: str) -> bool:
        """Whether a path of ours is an action's, where no page answers a GET."""
        path = unquote(path_of(url)).removeprefix(self.request.root_path)
        return path.startswith(self.settings.url_prefix + "/")

    def keep(self, result: SafeResult[Any], url: str | None) -> str:
        """Keep *result* for the page at *url*.

        :param url: a URL of this site; None if nobody knows where the call came from.
        :returns: the URL with the result's id.
        """
        action = self.action
        assert action is not None
        plain = plain_result(result, action)
        try:
            text = pack(plain, action.output.types)
        except ValueError as error:
            raise unserialisable(self.ctx.name, action.output, error) from None
        kept = Kept(
            action=self.ctx.name,
            key=self.key,
            path=None if url is None else unquote(path_of(url)),
            created=time.time(),
            text=text,
        )
        request = self.request
        way = url or quoted(f"{request.root_path}/")
        if not can_keep(self.keeper):
            return way  # htmx works without a SECRET_KEY
        request.environ["flask_actions.kept"] = True
        if self.keeper.uses_session:
            self.keeper.heed(
                permanent=held_session().permanent,
                refreshed=self.app.config["SESSION_REFRESH_EACH_REQUEST"],
                logger=self.app.logger,
            )
        id = self.keeper.remember(pockets(request, self.keeper), kept)
        # Beside an id that is there already: the way back from a login leads to what was typed
        # before it.
        return add_query(way, RESULT_PARAMETER, id)

    def login_page(self) -> str | None:
        """The URL of the page where people log in, as Flask-Login's manager has it."""
        view = getattr(getattr(self.app, "login_manager", None), "login_view", None)
        if not view:
            return None
        is_url = view.startswith(("/", "http://", "https://"))
        return str(view) if is_url else self.app.url_for(view)

    def way_to_login(self, result: SafeResult[Any], page: str | None) -> str | None:
        """The login page's URL with the way back in it, and the result kept for there.

        :returns: None if the result does not ask for a login, or there is no page for it.
        """
        asks = result.error is not None and result.error.code == "UNAUTHORIZED"
        if not asks or page is None or self.ctx.user is not None:
            return None
        here, way = self.back(), on_site(page, self.host)
        if here is not None and way is not None and path_of(here) == path_of(way):
            return None  # the login form itself: it shows what is wrong
        back = self.keep(result, here)
        parameter = self.gate(page)
        if parameter == "":
            session["next"] = back
            return page
        if way is None:  # the login of another site, which has to find back
            back = urljoin(self.request.host_url, back)
        return with_query(page, parameter or "next", back)

    def _page(self) -> str | None:
        if "_page" in self.request.environ.get("QUERY_STRING", "") and (
            asked := self.request.args.get("_page")
        ):
            return asked
        return self._of_form("_page")

    def _of_form(self, name: str) -> str | None:
        """A field of the form; None if it was not sent, or cannot be read."""
        try:
            fields = self.form()[0]
        except (ActionError, OSError):
            return None
        return fields[name] if name in fields else None  # its get() makes an error of each miss


@cache
def _reserved(token: str) -> frozenset[str]:
    """Our own names, and that of the token."""
    return RESERVED | {token}


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text
    return unquote_to_bytes(text).decode(errors="werkzeug.url_quote")


class WebTransport:
    """What the doors of the web share: the way to the action."""

    passes_responses = True

    def target(self, call: WebCall) -> Action[Any]:
        """The action that the request names: after its method and its origin are in order."""
        request = call.request
        if request.method != "POST":
            raise Refusal("METHOD_NOT_ALLOWED", Text("only_by_post"))
        headers = request.environ
        check_origin(
            origin=headers.get("HTTP_ORIGIN"),
            fetch_site=headers.get("HTTP_SEC_FETCH_SITE"),
            host=call.host,
            trusted=call.settings.trusted_origins,
        )
        if call.action is None:
            raise Refusal("NOT_FOUND", Text("no_such_action"))
        return call.action


def own_url(endpoint: str, filename: str | None = None) -> str:
    """The URL of an endpoint of ours, on the host that a request was made to."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        here: Request = request._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:
        return url_for(endpoint, **_values(filename))
    urls, root = app.url_map, here.root_path or "/"
    if urls.host_matching or app.subdomain_matching:
        # Ours have no host, so Flask would lead to the main one: another origin, which is refused.
        return str(urls.bind("", root).build(endpoint, _values(filename)))
    if app.url_default_functions:
        return url_for(endpoint, **_values(filename))
    return _built(urls, root, endpoint, filename)


@lru_cache(10_000)
def _built(urls: Map, root: str, endpoint: str, filename: str | None) -> str:
    """A URL of ours, where nothing but its endpoint decides it."""
    return str(urls.bind("", root).build(endpoint, _values(filename)))


def _values(filename: str | None) -> dict[str, Any]:
    return {} if filename is None else {"filename": filename}


_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def here_url(request: Request) -> str:
    """The path and the query of *request*, as they stand in its URL."""
    # A client that is no browser may send bytes beyond ASCII as they are.
    query = quote(request.query_string, safe=_ASCII)
    return f"{quoted(request.root_path + request.path)}{'?' if query else ''}{query}"


class Wanted(NamedTuple):
    """How much an ``Accept`` header wants each type, by name: from 0 to 1."""

    html: float
    json: float
    devalue: float


def wanted(environ: Mapping[str, Any]) -> Wanted:
    """What a request wants to be answered with."""
    return _wanted(environ.get("HTTP_ACCEPT", "")[:MAX_ACCEPT])


@lru_cache(256)  # browsers send few different ones
def _wanted(accept: str) -> Wanted:
    accepted = [(_bare(kind), q) for kind, q in parse_accept_header(accept, MIMEAccept)]
    types = ("text/html", "application/json", DEVALUE)
    return Wanted(*(max((q for kind, q in accepted if kind == one), default=0) for one in types))


def _bare(kind: str) -> str:
    """A media range without its parameters, ``application/json; charset=utf-8``."""
    return kind.partition(";")[0].strip().lower()


def mimetype_of(environ: Mapping[str, Any]) -> str:
    """The type of a request's body, without its parameters; empty if none is said."""
    mimetype: str = environ.get("CONTENT_TYPE", "").partition(";")[0]
    return mimetype.strip().lower()


def length_of(environ: Mapping[str, Any]) -> int | None:
    """The bytes of a request's body; None if nobody says how many."""
    said = environ.get("CONTENT_LENGTH")
    if said and len(said) < 19 and said.isdecimal() and "HTTP_TRANSFER_ENCODING" not in environ:
        return int(said)
    return get_content_length(said, environ.get("HTTP_TRANSFER_ENCODING"))


def has_body(length: int | None, environ: Mapping[str, Any]) -> bool:
    """Whether a request brings a body: by its length, or in chunks."""
    return bool(length) or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def check_token(app: Flask) -> None:
    """Flask-WTF's token, wherever *app* has ``CSRFProtect``.

    :raises Refusal: ``FORBIDDEN``.
    """
    csrf = app.extensions.get("csrf")
    if csrf is None or _is_exempt(csrf):
        return
    config = app.config
    if not (config.get("WTF_CSRF_ENABLED") and config.get("WTF_CSRF_CHECK_DEFAULT")):
        return
    try:
        _refusing(csrf.protect, "FORBIDDEN")
    except Refusal as refusal:
        if refusal.code == "FORBIDDEN":
            if in_development() and refusal.message.startswith("The CSRF token is missing"):
                field = config.get("WTF_CSRF_FIELD_NAME", "csrf_token")
                log.warning(
                    'A post to %s has no CSRF token. Write <input type="hidden" name="%s" '
                    'value="{{ csrf_token() }}"> into its form, or post by htmx or client.js from '
                    "a page with actions_head().",
                    request.path,
                    field,
                )
            refusal.message = Text("token_refused", why=refusal.message.rstrip("."))
        raise


def in_development() -> bool:
    """Whether the developer watches, and is told in the log of what looks wrong."""
    return bool(current_app.debug or current_app.testing)


def _is_exempt(csrf: Any) -> bool:
    """Whether ``@csrf.exempt`` stands on the handler; Flask-WTF knows it by module and name."""
    view = current_app.view_functions[str(request.endpoint)]
    return f"{view.__module__}.{view.__name__}" in getattr(csrf, "_exempt_views", ())


def signing_keys(app: Flask) -> list[str | bytes]:
    """The keys of *app*, the newest last; none without a ``SECRET_KEY``."""
    if not app.secret_key:
        return []
    return [*filter(None, app.config.get("SECRET_KEY_FALLBACKS") or ()), app.secret_key]


class _ResultCookies(RequestCookies):
    """The cookies of results, which reach whatever the session's cookie reaches.

    With ``SESSION_COOKIE_SAMESITE = "None"`` that is a frame in a page of another site.
    """

    def set(self, key: str, value: str = "", **options: Any) -> None:
        super().set(key, value, **_like_the_session(), **options)

    def delete(self, key: str, **options: Any) -> None:
        super().delete(key, **_like_the_session(), **options)


def _like_the_session() -> dict[str, Any]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    interface = app.session_interface
    return {
        "path": interface.get_cookie_path(app),
        "secure": interface.get_cookie_secure(app) or request.is_secure,
        "httponly": True,
        "samesite": interface.get_cookie_samesite(app) or "Lax",
        "partitioned": interface.get_cookie_partitioned(app),
    }


def pockets(request: Request, keeper: Keeper) -> list[Pocket]:
    """The pockets of the browser that sent this request, the same ones each time."""
    environ = request.environ
    own: list[Pocket] | None = environ.get("flask_actions.pockets")
    if own is None:
        held = held_session()
        if keeper.uses_session:
            len(held)  # one that is opened at the first look says now what waits in it
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        known = environ.get("flask_actions.waiting")
        own = keeper.pockets(held, _ResultCookies(), lambda: signing_keys(app), known)
        environ["flask_actions.pockets"] = own
    return own


def held_session() -> Any:
    """The session as Flask holds it; None before it is opened."""
    # Not by the proxy: since Flask 3.1.3, a look at it adds "Vary: Cookie", which costs more than
    # the look. Our answers, and pages that show a result, are stored by nobody.
    held = vars(_CONTEXT._get_current_object())
    return held.get("_session", held.get("session"))  # its name until Flask 3.1.2


#: Where Flask has the session: its two contexts are one since 3.2.
_CONTEXT: Any = (
    flask_globals.app_ctx if hasattr(AppContext, "session") else flask_globals.request_ctx
)


def restore(request: Request, keeper: Keeper) -> None:
    """Put back the results that a handler or a view cleared away with its session."""
    pocket = pockets(request, keeper)[0]
    if isinstance(pocket, SessionPocket):
        pocket.restore()


def can_keep(keeper: Keeper) -> bool:
    """Whether a browser can be given results to hold; not without a ``SECRET_KEY``."""
    if not keeper.uses_session:  # nobody looks at the session then
        return bool(current_app.secret_key)
    held = held_session()
    return not isinstance(held.whole if type(held) is LazySession else held, NullSession)


def headers_of(error: ActionError | None) -> dict[str, str]:
    """The headers that an error asks for."""
    headers = {}
    if error is not None and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error is not None and error.code == "METHOD_NOT_ALLOWED" and isinstance(error, Refusal):
        headers["Allow"] = "POST"
    return headers


def plain_result(result: SafeResult[Any], action: Action[Any] | None) -> dict[str, Any]:
    """A result as plain data that :func:`whole_result` reads."""
    if result.error is None:
        output = action.output if action is not None else Output()
        return {"data": output.to_plain(result.data) if result.data is not None else None}
    error = result.error
    plain: dict[str, Any] = {
        "error": [error.code, to_plain(error.given), error.retry_after, error.reference]
    }
    if isinstance(error, ActionInputError):
        places = action.input.places if action is not None else None
        plain["issues"] = [one.to_plain(places) for one in error.issues]
    plain["values"] = dict(result.values)
    return plain


def whole_result(text: str, action: Action[Any] | None) -> SafeResult[Any]:
    """The result that was kept as *text*."""
    output = action.output if action is not None else Output()
    plain = unpack(text, output.types)
    if "error" not in plain:
        data = plain["data"]
        whole = output.from_plain(data) if data is not None else None
        return SafeResult(data=whole, location=plain.get("location"))
    code, given, retry_after, reference = plain["error"]
    message = from_plain(given)
    error = ActionError(code, message, retry_after=retry_after, reference=reference)
    if "issues" in plain:
        places = action.input.places if action is not None else None
        issues = [Issue.from_plain(one, places) for one in plain["issues"]]
        error = ActionInputError(issues, message)
    return SafeResult(error=error, values=Values(plain["values"]))


def brief_text(text: str) -> str:
    """The outcome alone of a result that was kept as *text*, short enough for a cookie."""
    plain = unpack(text)
    if "error" not in plain:
        return pack({"data": None})
    code, message, retry_after, reference = plain["error"]
    if isinstance(message, str):  # of ours, it is short
        message = message[:300]
    brief = {"error": [code, message, retry_after, reference], "values": {}}
    if "issues" not in plain:
        return pack(brief)
    issues = pack({**brief, "issues": plain["issues"]})
    return issues if len(issues) <= 1000 else pack({**brief, "issues": []})


def show_in(request: Request, name: str, key: str | None, result: SafeResult[Any]) -> None:
    """Let ``get_action_result`` answer with *result* in what this request renders."""
    shown: dict[tuple[str, str | None], SafeResult[Any]]
    shown = request.environ.setdefault("flask_actions.shown", {})
    shown[name, key] = result


def response_of(result: SafeResult[Any]) -> Response | None:
    """The handler's own Response, if it gave one."""
    return result.data if isinstance(result.data, Response) else None


def _refusing(read: Callable[[], T], code: str | None = None) -> T:
    """What *read* gives; what it refuses is a refusal of ours, with werkzeug's as its cause."""
    try:
        return read()
    except HTTPException as error:
        raise _refusal(error, code) from None


def _refusal(error: HTTPException, code: str | None = None) -> Refusal:
    number = error.code or 400
    # A body over the limit is that, even where reading it for the token brought it up.
    name = ActionError.status_to_code(number) if code is None or number == 413 else code
    return Refusal(name, error.description or Text("unreadable"), cause=error)
