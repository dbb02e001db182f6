"""What one application has of ours: its actions' URLs, and the hooks that lead there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial, update_wrapper
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin
from weakref import ref

from flask import Blueprint, Flask, current_app, request_started, send_from_directory
from flask import request as flask_request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.wrappers import Request
from pydantic_core import to_json
from werkzeug.exceptions import (
    BadHost,
    HTTPException,
    NotFound,
    SecurityError,
    default_exceptions,
)
from werkzeug.http import dump_cookie
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from . import templating
from .action import Action
from .cli import commands
from .config import Settings, unknown_settings
from .context import ActionContext, write_cookies
from .doors import door_of, limit_body
from .errors import ActionError, MisuseError, Refusal
from .keeper import COOKIE_LIMIT, KEY, Keeper, writable
from .laterule import late
from .lazysession import LazySession, LazySessions
from .messages import Reader, Text
from .pipeline import answer, complete
from .quickcookies import quicken
from .registry import Registry
from .result import SafeResult
from .shapes import max_upload
from .transports.base import Transport
from .transports.form import FormTransport
from .transports.htmx import HtmxTransport
from .transports.hx import moved
from .transports.responses import UNSTORED
from .transports.rpc import RpcTransport
from .transports.server import ServerCall, ServerTransport
from .transports.web import (
    RESULT_PARAMETER,
    WebCall,
    brief_text,
    can_keep,
    held_session,
    in_development,
    length_of,
    mimetype_of,
    pockets,
    restore,
    whole_result,
)
from .urls import add_query, on_site, path_of, without_query

log: logging.Logger = logging.getLogger("flask_actions")

if TYPE_CHECKING:
    from .formview import ActionForm

#: Loads the user of a call; None for an application without a login system.
Loader = Callable[[ActionContext], Any] | None

#: The blueprint, and what the endpoint of each action begins with.
BLUEPRINT = "actions"
#: The endpoint of what is no action; no action's name has brackets.
NOWHERE = f"{BLUEPRINT}.(nowhere)"
#: That of the client for scripts, ``client.js``.
CLIENT = f"{BLUEPRINT}.(client)"
#: Those of the OpenAPI document and of the page that shows it.
OPENAPI = f"{BLUEPRINT}.(openapi)"
OPENAPI_PAGE = f"{BLUEPRINT}.(openapi page)"
#: That of its TypeScript declarations, ``client.d.ts``.
DECLARATIONS = f"{BLUEPRINT}.(declarations)"
#: What ``GET`` serves, which is for no action.
_FILES = (f"{BLUEPRINT}.static", CLIENT, DECLARATIONS, OPENAPI, OPENAPI_PAGE)

_PREFLIGHT = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
#: What the time, the signature and the attributes add to a session's cookie, in bytes.
_SIGNED = 500
_RESULT = f"{RESULT_PARAMETER}=".encode()
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_TRANSPORTS: dict[str, Transport] = {
    "form": FormTransport(),
    "htmx": HtmxTransport(),
    "rpc": RpcTransport(),
}
SERVER = ServerTransport()


class AppState:
    """What one application has of ours, in ``app.extensions["actions"]``."""

    def __init__(
        self,
        app: Flask,
        registry: Registry,
        settings: Settings,
        loader: Callable[[Flask | None], Loader],
        reader: Callable[[Flask], Reader | None],
    ) -> None:
        self.registry = registry
        self.settings = settings
        self.loader = loader
        self.reader = reader
        folder = str(Path(app.instance_path) / "actions-results")
        self.keeper: Keeper = Keeper(settings.result_store, settings.result_ttl, folder, brief_text)
        self.blueprint: Blueprint = Blueprint(
            BLUEPRINT,
            "flask_actions",
            template_folder="templates",
            static_folder=_static_folder(),
            static_url_path="/static",
            url_prefix=settings.url_prefix,
        )
        self._routes: dict[str, _Route] = {}
        #: What forms have in each rendering.
        self.rendered: dict[Any, Any] = {}
        self._app = ref(app)
        self.keeper.heed(
            permanent=bool(app.config.get("SESSION_PERMANENT")),  # Flask-Session's
            refreshed=app.config["SESSION_REFRESH_EACH_REQUEST"],
            logger=app.logger,
        )
        for name, meant in unknown_settings(app.config):
            instead = f": did you mean {meant}?" if meant else "."
            app.logger.warning("There is no setting %s%s", name, instead)
        quicken(app)
        if settings.lazy_session:
            app.session_interface = LazySessions(app.session_interface, _look_into)
        if isinstance(settings.result_store, str) and not writable(folder):
            app.logger.warning(
                "Results too large for a cookie are kept in %r, which cannot be written. Make it "
                "writable, or set ACTIONS_RESULT_STORE to a cache such as cachelib.RedisCache().",
                folder,
            )
        for code in default_exceptions:  # one by one: the application's, by code, would come first
            self.blueprint.register_error_handler(code, _refused_ahead)
        self.blueprint.register_error_handler(ActionError, _ended_ahead)
        app.register_blueprint(self.blueprint)
        for rule in ("/", "/<path:name>"):
            app.add_url_rule(
                settings.url_prefix + rule,
                endpoint=NOWHERE,
                view_func=_nowhere,
                methods=_METHODS,
                provide_automatic_options=False,
                strict_slashes=False,
                merge_slashes=False,
            )
        app.add_url_rule(
            f"{settings.url_prefix}/client.js",
            endpoint=CLIENT,
            view_func=_client,
            methods=("GET", "HEAD"),
            provide_automatic_options=False,
        )
        app.add_url_rule(
            f"{settings.url_prefix}/client.d.ts",
            endpoint=DECLARATIONS,
            view_func=_declarations,
            methods=("GET", "HEAD"),
            provide_automatic_options=False,
        )
        if settings.openapi:
            from . import viewer  # most applications show it to nobody

            for rule, endpoint, view in (
                ("/openapi.json", OPENAPI, viewer.show_document),
                ("/static/openapi.html", OPENAPI_PAGE, viewer.show_page),
            ):
                app.add_url_rule(
                    settings.url_prefix + rule,
                    endpoint=endpoint,
                    view_func=view,
                    methods=("GET", "HEAD"),
                    provide_automatic_options=False,
                )
        app.after_request(self._after)
        app.cli.add_command(commands)
        templating.install(app)
        # The signal comes before the first before_request, when the URL has been matched.
        # Signals call it at half the cost of a method, which is made anew for each call.
        self._listener = partial(AppState._arrive, self)
        request_started.connect(self._listener, app)

    def call(self, action: Action[Any] | str, input: Any = None) -> SafeResult[Any]:
        """Call an action from Python, by its name or itself."""
        return call(self.registry, self.loader(self._app()), action, input)

    def add_url(self, name: str) -> None:
        """Give an action its URL and its endpoint."""
        app, action = self._app(), self.registry.find(name)
        if app is None or action is None:
            return

        def view(**_: Any) -> Response:
            return serve()

        # Flask-Limiter and Flask-WTF tell views apart by module and names, and what a decorator
        # of Flask-Talisman writes on a handler is looked for on the view.
        view.__name__ = view.__qualname__ = name
        update_wrapper(view, action.handler)
        endpoint = endpoint_of(name)
        app.endpoint(endpoint)(view)
        # What add_url_rule does, but for the class of the rule.
        rule = late(app.url_rule_class)(
            f"{self.settings.url_prefix}/{name}",
            endpoint=endpoint,
            methods=_METHODS,
            strict_slashes=False,
            merge_slashes=False,
        )
        rule.provide_automatic_options = False  # type: ignore[attr-defined]
        app.url_map.add(rule)

    def _arrive(self, app: Flask, **_: Any) -> None:
        """See whether a request is for an action, and put it on its way before any hook runs."""
        request: Request = flask_request._get_current_object()  # type: ignore[attr-defined]
        if self.keeper.uses_session and "HTTP_COOKIE" in request.environ:
            held = held_session()
            if held is not None and type(held) is not LazySession:  # isinstance() is an ABC's here
                _look_into(request, held)
        rule = request.url_rule
        route = None if rule is None else self._routes.get(rule.endpoint)
        by_page = False
        if route is None:
            found = self._look(app, request)
            if found is None:
                return
            route, by_page = found
        csrf = app.extensions.get("csrf")
        if csrf is not None and hasattr(csrf, "exempt"):
            # Its hook would answer before our dialects can; the line asks it for the token.
            csrf.exempt(self.blueprint)
        length, mimetype = length_of(request.environ), mimetype_of(request.environ)
        limit_body(request, length, route.limit)
        door = door_of(request, mimetype, length, self.settings, by_page)
        call = WebCall(
            route.action,
            ActionContext(route.name, door, self.loader(app)),
            app,
            request,
            self.settings,
            self.keeper,
            by_page=by_page,
            limit=route.limit,
            length=length,
            mimetype=mimetype,
        )
        request.environ["flask_actions.call"] = (_TRANSPORTS[door], call)

    def _look(self, app: Flask, request: Request) -> tuple[_Route, bool] | None:
        """The way of a request that no action's own URL has led there, if it is for one at all.

        :returns: with it, whether the request was made at a page, by ``?_action=``.
        """
        if isinstance(request.routing_exception, SecurityError | BadHost):
            return None  # not a host of the application's, or none at all: no URL of ours either
        if request.url_rule is None and request.path.startswith(self.settings.url_prefix + "/"):
            _match_anywhere(app, request)
        rule = request.url_rule
        by_page = False
        if rule is not None and rule.endpoint.startswith(BLUEPRINT + "."):
            if rule.endpoint in _FILES:
                return None
            name = _name_of(rule.endpoint)
        elif request.path.startswith(self.settings.url_prefix + "/") and rule is None:
            # Werkzeug has an answer of its own here: slashes to merge, an odd method.
            name = ""
        elif request.method == "POST" and b"_action=" in request.query_string:
            asked = request.args.get("_action", "")
            if not asked:
                return None
            # Encoded once more in a query, as Astro's own URLs are.
            name, by_page = unquote(asked), True
        else:
            return None
        action = self.registry.find(name)
        endpoint = NOWHERE if action is None else endpoint_of(name)
        route = self._routes.get(endpoint)
        if route is None:
            route = _Route(
                name,
                action,
                next(app.url_map.iter_rules(endpoint))
                if rule is None or rule.endpoint != endpoint
                else rule,
                self._limit(app, action),
            )
            if action is not None:  # names that there are not have no end
                self._routes[endpoint] = route
        if rule is not route.rule:
            request.url_rule = route.rule
            request.view_args = {}
            request.routing_exception = None
        return route, by_page

    def _limit(self, app: Flask, action: Action[Any] | None) -> int:
        """Bytes that the body of a call may have."""
        limit = self.settings.max_body
        if action is not None:
            shape = action.input.shape
            limit = action.max_body or limit + (max_upload(shape) if shape is not None else 0)
        return min(limit, app.config["MAX_CONTENT_LENGTH"] or limit)

    def _after(self, response: Response) -> Response:
        """The last word on a response: caching, gates of others, redirects, the cookie's size."""
        request: Request = flask_request._get_current_object()  # type: ignore[attr-defined]
        environ = request.environ
        arrived = environ.get("flask_actions.call")
        if arrived is not None:
            transport, call = arrived
            if call.result is None and 300 <= response.status_code < 400:
                response = _convert(response, transport, call)
            if UNSTORED not in response.headers.to_wsgi_list():  # a quarter of what get() costs
                response.headers["Cache-Control"] = "no-store"
        elif _RESULT in request.query_string:
            if response.status_code < 300 and response.is_streamed:
                _take_ahead(request, self)
            elif "flask_actions.recalled" not in environ and in_development():
                _tell_unshown(request, response, self)
            _carry_on(request, response, self.keeper)
        if "flask_actions.forms" in environ:
            _tell_unrendered(response, environ["flask_actions.forms"], request.path)
        if "flask_actions.recalled" in environ:
            response.headers["Cache-Control"] = "no-store"
        grew = "flask_actions.waiting" in environ and held_session().modified
        if grew:
            restore(request, self.keeper)
        if grew or "flask_actions.kept" in environ:
            self.keeper.settle(pockets(request, self.keeper), _session_cookie_size)
        write_cookies(response, environ)
        return response


class _Route(NamedTuple):
    """Where the requests for one action go.

    :ivar action: None where there is no such action.
    :ivar limit: bytes that a body may have.
    """

    name: str
    action: Action[Any] | None
    rule: Rule
    limit: int


def _match_anywhere(app: Flask, request: Request) -> None:
    """Find the rule of ours on a host or a subdomain that the application's pages have alone."""
    if not (app.url_map.host_matching or app.subdomain_matching):
        return
    try:
        # Ours have no host: they are those of the empty one.
        rule, values = app.url_map.bind("").match(request.path, request.method, return_rule=True)
    except HTTPException:
        return
    if rule.endpoint.startswith(BLUEPRINT + "."):
        request.url_rule, request.view_args = rule, dict(values)
        request.routing_exception = None


def serve() -> Response:
    """Answer the request that is for an action, or for none."""
    request: Request = flask_request._get_current_object()  # type: ignore[attr-defined]
    transport, call = request.environ["flask_actions.call"]
    if request.method == "OPTIONS" and _PREFLIGHT in request.environ:
        # A browser asks first; whether the other site may call is for Flask-CORS to add.
        allowed: Response = call.app.response_class(status=204, headers={"Allow": "POST"})
        return allowed
    door = call.ctx.called_from
    if door == "form" or (
        door == "htmx" and call.action is not None and call.action.fragment is None
    ):
        _need_session(call)
    response: Response = complete(answer(transport, call))
    return response


def call(
    registry: Registry | None, loader: Loader, action: Action[Any] | str, input: Any
) -> SafeResult[Any]:
    """Call an action from Python.

    :param registry: where a name is looked up.
    """
    found: Action[Any] | None = None
    if not isinstance(action, str):
        found = action
    elif registry is not None:
        found = registry.find(action)
    name = action if isinstance(action, str) else action.name
    line = answer(SERVER, ServerCall(found, ActionContext(name, "server", loader), input))
    result: SafeResult[Any] = complete(line)
    return result


def endpoint_of(name: str) -> str:
    """The Flask endpoint of an action; dots separate blueprints there."""
    return f"{BLUEPRINT}.{name.replace('.', ':')}"


def _nowhere(**_: Any) -> Response:
    return serve()


def _client() -> Any:
    """Our client for scripts, an ES module."""
    return send_from_directory(_static_folder(), "actions.js", mimetype="text/javascript")


def _declarations() -> Any:
    """What the client's actions take and give, for an editor; in development alone."""
    if not current_app.debug:
        raise NotFound
    from .declarations import declare  # only when it is asked for

    state = current_app.extensions["actions"]
    text = declare(state.registry, state.settings.url_prefix)
    return current_app.response_class(text, mimetype="text/plain")


def _refused_ahead(problem: HTTPException) -> Any:
    """What a hook raises before the action's turn, in the door's dialect."""
    arrived = flask_request.environ.get("flask_actions.call")
    if arrived is None:
        return _own_answer(problem)
    transport, call = arrived
    if call.ctx.called_from == "form":
        answer = _own_answer(problem)
        # What the line refused comes by here as well, on its way to its page.
        if answer is not problem or problem.response is not None or call.result is not None:
            return answer
    code = ActionError.status_to_code(problem.code or 500)
    refusal = Refusal(code, problem.description or problem.name, cause=problem)
    seconds = getattr(problem, "retry_after", None)
    refusal.retry_after = seconds if isinstance(seconds, int) else None
    call.result = SafeResult(error=refusal)
    return transport.encode(call, call.result)


def _ended_ahead(error: ActionError) -> Any:
    """What a hook raises before the action's turn is the action's own error, as a guard's is."""
    arrived = flask_request.environ.get("flask_actions.call")
    if arrived is None:  # a file of ours: the application says what it says of its pages
        answer = _own_answer(error)
        if answer is error:
            raise error
        return answer
    transport, call = arrived
    try:
        transport.target(call)
    except ActionError as refusal:  # of one that is refused anyway, nothing is kept
        error = refusal
    call.let_go(error)
    call.result = SafeResult(error=error)
    return serve()


def _own_answer(problem: Any) -> Any:
    """What the application's own error handler says, or the exception itself, a page of its own."""
    for code in (problem.code, None):
        handlers = current_app.error_handler_spec[None][code]
        for kind in type(problem).__mro__:
            if kind in handlers:
                return current_app.ensure_sync(handlers[kind])(problem)
    return problem


def _name_of(endpoint: str) -> str:
    return endpoint.removeprefix(BLUEPRINT + ".").replace(":", ".")


def _static_folder() -> str:
    """Beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parent / "static"
    return str(inside if inside.is_dir() else Path(__file__).parent.parent / "static")


def _need_session(call: WebCall) -> None:
    # Before the handler runs: its work must not be done and its result then lost.
    if call.action is None or call.request.method != "POST":
        return
    if not can_keep(call.keeper):
        raise MisuseError(
            f"A form post to {call.ctx.name} keeps its result for the next page, signed with the "
            f"application's SECRET_KEY, and there is none. Set app.secret_key, the same on every "
            f"machine."
        )


def _look_into(request: Request, session: SessionMixin) -> None:
    """Remember what waits, for a handler or a view that clears the session, as a login does."""
    # By the session's own get, a page would say "Vary: Cookie", until Flask 3.1.2.
    waiting = dict.get(session, KEY) if isinstance(session, dict) else session.get(KEY)
    if waiting is not None:
        request.environ["flask_actions.waiting"] = waiting


def _tell_unrendered(response: Response, forms: list[ActionForm], path: str) -> None:
    """Warn of fields that failed and that the page does not have, where their user cannot mend
    them."""
    if response.is_streamed or response.mimetype != "text/html":
        return
    page = response.get_data(as_text=True)
    for form in forms:
        for name in form._unrendered():
            if f'name="{name}"' not in page:
                log.warning(
                    "The field %r of %s failed, and the page %s does not have it: only the form's "
                    "summary says so. Render it, or give it a default.",
                    name,
                    form.id,
                    path,
                )


def _tell_unshown(request: Request, response: Response, state: AppState) -> None:
    """Warn of an error that a page was sent and did not ask for: its user sees nothing."""
    if request.method != "GET" or response.status_code != 200 or response.mimetype != "text/html":
        return
    ids, held = request.args.getlist(RESULT_PARAMETER), pockets(request, state.keeper)
    for name, key in state.keeper.meant(held, ids):
        text = state.keeper.recall(
            held, ids=ids, path="", action=name, key=key, consume=False, now=time()
        )
        error = None
        with suppress(KeyError, TypeError, ValueError):  # of another version
            error = whole_result(text or "", state.registry.find(name)).error
        if error is not None:
            log.warning(
                "The page %s does not show the error of %s that it was sent. Ask for it there: "
                "{%% set result = get_action_result(%r%s) %%}.",
                request.path,
                name,
                name,
                "" if key is None else f", key={key!r}",
            )


def _session_cookie_size() -> int:
    """The session's cookie as it would be sent, in bytes, its attributes included.

    Where it is far from the limit, a figure above the true one.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    interface = app.session_interface
    if isinstance(interface, LazySessions):
        interface = interface.whole
    if not isinstance(interface, SecureCookieSessionInterface):
        return 0  # a session on the server has room
    held = held_session()
    # Signing and compressing is most of the cost, and most sessions are far from the limit.
    try:
        plain = to_json(dict(held))
    except ValueError:
        plain = b" " * COOKIE_LIMIT  # what only Flask's own JSON can write
    # Flask writes other letters in six for each; there are signs, and a third is for Base64.
    at_most = (3 if plain.isascii() else 9) * len(plain) + _SIGNED
    if at_most <= COOKIE_LIMIT:
        return at_most
    serializer = interface.get_signing_serializer(app)
    if serializer is None:
        return 0
    cookie = dump_cookie(
        interface.get_cookie_name(app),
        serializer.dumps(dict(held)),
        expires=interface.get_expiration_time(app, held),
        httponly=interface.get_cookie_httponly(app),
        domain=interface.get_cookie_domain(app),
        path=interface.get_cookie_path(app),
        secure=interface.get_cookie_secure(app),
        samesite=interface.get_cookie_samesite(app),
        partitioned=interface.get_cookie_partitioned(app),
        max_size=0,
    )
    return len(cookie)


def _convert(response: Response, transport: Transport, call: WebCall) -> Response:
    """A redirect that a hook gave in the action's place, as the door needs it."""
    location = response.headers.get("Location", "")
    answer: Response
    if call.action is not None and call.gate(location) is not None:
        answer = transport.encode(call, _closed(transport, call, location))
    elif call.ctx.called_from == "htmx":
        answer = moved(call, location)
    else:
        return response
    for cookie in response.headers.getlist("Set-Cookie"):
        answer.headers.add("Set-Cookie", cookie)
    return answer


def _closed(transport: Transport, call: WebCall, location: str) -> SafeResult[Any]:
    """The result of a call at a login gate; of one that is refused anyway, nothing is kept."""
    try:
        transport.target(call)
    except ActionError as refusal:
        return SafeResult(error=refusal)
    error = ActionError("UNAUTHORIZED", Text("please_log_in"))
    return SafeResult(error=error, location=location)


def _take_ahead(request: Request, state: AppState) -> None:
    """Results for a page that is rendered while it is sent: no cookie could be changed then."""
    ids = request.args.getlist(RESULT_PARAMETER)
    for name, key in state.keeper.meant(pockets(request, state.keeper), ids):
        if state.registry.find(name) is not None:
            templating.get_action_result(name, key)


def _carry_on(request: Request, response: Response, keeper: Keeper) -> None:
    """A page that redirects on the way: the id goes along."""
    if not 300 <= response.status_code < 400 or request.environ.get("flask_actions.recalled"):
        return
    location = urljoin(request.url, response.headers.get("Location", ""))
    here = on_site(location, request.host)
    if here is None:
        return
    own, path = pockets(request, keeper), unquote(path_of(here))
    ids = dict.fromkeys(request.args.getlist(RESULT_PARAMETER))
    carried = [id for id in ids if keeper.carry_on(own, id, path)]
    if not carried:
        return
    # A redirect that keeps the query has them already.
    here = without_query(here, (RESULT_PARAMETER,))
    for id in carried:
        here = add_query(here, RESULT_PARAMETER, id)
    request.environ["flask_actions.kept"] = True
    response.headers["Location"] = here
    response.headers["Cache-Control"] = "no-store"
