"""A form without JavaScript: post, redirect, get."""

from __future__ import annotations

from typing import Any

from flask import current_app, make_response, render_template
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.wrappers import Response

from ..action import Action
from ..errors import Refusal
from ..forms import RESERVED
from ..messages import language, say
from ..result import SafeResult
from ..urls import on_site
from .hx import asks, is_boosted, moved, refused
from .responses import HTML, respond, see_other
from .web import WebCall, WebTransport, headers_of, own_url, response_of


class FormTransport(WebTransport):
    """Form fields in; a redirect out, with the result kept for the page it leads to."""

    def decode(self, call: WebCall, action: Action[Any]) -> Any:
        call.admit_body(action, ("form",))
        return call.decode_form(action)

    def encode(self, call: WebCall, result: SafeResult[Any]) -> Response:
        own = response_of(result)
        if own is not None:
            return own
        if isinstance(result.error, Refusal):
            return _refuse(call, result.error)
        result = call.with_values(result)
        login = call.way_to_login(result, result.location or call.login_page())
        if login is not None:
            return self._elsewhere(call, login)
        if result.location is None:
            return see_other(call.app, call.keep(result, call.back()))
        here = on_site(result.location, call.host)
        return self._elsewhere(call, result.location if here is None else call.keep(result, here))

    def _elsewhere(self, call: WebCall, url: str) -> Response:
        # An htmx that asks for whole pages: it cannot follow to another site, and one that is not
        # boosted would put the other page where its target is.
        request = call.request
        if asks(request) and (on_site(url, call.host) is None or not is_boosted(request)):
            return moved(call, url)
        return see_other(call.app, url)


def _refuse(call: WebCall, refusal: Refusal) -> Response:
    """A page with the refusal's status, by the application's error handler if it has one."""
    request, app = call.request, call.app
    if asks(request) and not is_boosted(request):
        return refused(app, refusal)
    exception = default_exceptions[refusal.status](refusal.message)
    if refusal.cause is not None and _has_own_handler(refusal.cause):
        exception = refusal.cause
    answer: Any = app.handle_user_exception(exception)
    if answer is exception and asks(request):
        return refused(app, refusal)
    if answer is exception:
        page = render_template(
            "actions/refusal.html",
            error=refusal,
            style=own_url("actions.static", filename="refusal.css"),
            again=_again(call, refusal),
            say=say,
            language=language(),
        )
        return respond(app, page.encode(), refusal.status, HTML, headers_of(refusal))
    response: Response = make_response(answer)
    response.headers.update(headers_of(refusal))
    if asks(request):
        response.headers["HX-Push-Url"] = "false"  # no GET answers the URL that was posted to
    return response


def _again(call: WebCall, refusal: Refusal) -> list[tuple[str, str]]:
    """The fields of a form whose token alone was wrong, with a new one, to be sent once more.

    Only to whom the browser itself says that this site's own page sent it; without secrets and
    files, which the form asks for again.
    """
    app, request = call.app, call.request
    own = request.environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
    if refusal.code != "FORBIDDEN" or refusal.cause is None or not own:
        return []
    token: Any = app.jinja_env.globals.get("csrf_token")
    fields, _ = call.form()
    kept = [(name, text) for name in RESERVED if (text := fields.get(name)) is not None]
    for name, texts in call.values.items():
        kept += [(name, text) for text in ([texts] if isinstance(texts, str) else texts)]
    return [*kept, (app.config["WTF_CSRF_FIELD_NAME"], token())] if token is not None else []


def _has_own_handler(exception: HTTPException) -> bool:
    # A CSRFError is a 400 of Flask-WTF's; only a handler made for it may say so instead of 403.
    by_code = current_app.error_handler_spec.get(None, {})
    return any(type(exception) in handlers for handlers in by_code.values())
