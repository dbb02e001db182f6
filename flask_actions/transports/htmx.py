"""The same form, answered by a fragment."""

from __future__ import annotations

import logging
from typing import Any

from flask import current_app, make_response, redirect, render_template
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from ..action import Action
from ..errors import ActionError, Refusal
from ..result import SafeResult
from ..urls import on_site
from .base import check_sendable
from .web import WebCall, WebTransport, headers_of, show_in

log = logging.getLogger("flask_actions")


class HtmxTransport(WebTransport):
    """Form fields in; HTML out, for htmx 2 and 4 alike.

    Both follow a 3xx without a word and drop the headers on it, so a redirect is a 200 with
    ``HX-Location`` or ``HX-Redirect``.
    """

    passes_responses = False

    def decode(self, call: WebCall, action: Action[Any]) -> Any:
        call.admit_body(action, ("form",))
        return call.decode_form(action)

    def encode(self, call: WebCall, result: SafeResult[Any]) -> Response:
        if isinstance(result.error, Refusal):
            return _refuse(result.error)
        result = call.with_values(result)
        login = call.way_to_login(result, result.location)
        if login is not None:
            return _moved("HX-Redirect", login)
        action = call.action
        assert action is not None
        if result.location is not None:
            here = on_site(result.location, call.request.host)
            if here is None:
                return _moved("HX-Redirect", result.location)
            return _moved("HX-Location", call.keep(result, here), call.ctx.htmx.headers)
        if action.fragment is None:
            # The page itself answers: htmx follows and swaps what hx-select or its target says.
            return redirect(call.keep(result, call.back()), code=303)
        return self._fragment(call, action, result)

    def _fragment(self, call: WebCall, action: Action[Any], result: SafeResult[Any]) -> Response:
        status = 200 if result.error is None else result.error.status
        if result.error is None:
            check_sendable(result, action)
        show_in(call.request, call.ctx.name, call.key, result)
        try:
            html = _render_all(call, action, result)
        except Exception:
            if result.error is None:
                raise
            # The error must reach the page, whatever its template makes of it.
            log.exception("The fragment %r of %s fails", action.fragment, call.ctx.name)
            return _refuse(result.error)
        headers = {**call.ctx.htmx.headers, **headers_of(result.error)}
        return make_response(html, status, headers)


def render_fragment(spec: str, context: dict[str, Any]) -> str:
    """A template, or one block of it (``"page.html#block"``), as text.

    A single block sees what it is given and Jinja's globals; what the file imports or sets outside
    the block is not run.

    :raises LookupError: if the template has no such block.
    """
    name, _, block = spec.partition("#")
    if not block:
        return render_template(name, **context)
    template = current_app.jinja_env.get_template(name)
    if block not in template.blocks:
        known = ", ".join(sorted(template.blocks)) or "none"
        raise LookupError(f"The template {name!r} has no block {block!r}; its blocks: {known}.")
    current_app.update_template_context(context)
    return "".join(template.blocks[block](template.new_context(context)))


def _render_all(call: WebCall, action: Action[Any], result: SafeResult[Any]) -> str:
    context: dict[str, Any] = {"result": result}
    if action.fragment_context is not None:
        context.update(action.fragment_context(call.ctx, result))
    parts = [render_fragment(str(action.fragment), dict(context))]
    for one in call.ctx.htmx.further:
        html = render_fragment(one.fragment, {**context, **one.context})
        if one.target is not None:
            html = (
                f'<hx-partial hx-target="{escape(one.target)}" hx-swap="{escape(one.swap)}">'
                f"{Markup(html)}</hx-partial>"
            )
        parts.append(html)
    return "\n".join(parts)


def _moved(header: str, url: str, further: dict[str, str] | None = None) -> Response:
    return make_response("", 200, {**(further or {}), header: url})


def _refuse(error: ActionError) -> Response:
    html = render_template("actions/error.html", error=error)
    # Above the form and not in its place: what was typed stays.
    headers = {"HX-Reswap": "beforebegin", **headers_of(error)}
    return make_response(html, error.status, headers)
