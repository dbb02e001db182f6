"""The same form, answered by a fragment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import current_app, render_template
from jinja2 import Template, UndefinedError
from jinja2.runtime import Context
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from ..action import Action
from ..errors import Refusal
from ..result import SafeResult
from ..urls import on_site
from .base import check_sendable
from .hx import moved, refused
from .responses import HTML, respond, see_other
from .web import WebCall, WebTransport, headers_of, show_in

log: logging.Logger = logging.getLogger("flask_actions")


class HtmxTransport(WebTransport):
    """Form fields in; HTML out, for htmx 2 and 4 alike.

    Both follow a 3xx without a word and drop the headers on it, so a redirect is a 200 with
    ``HX-Location`` or, to another site, ``HX-Redirect``.
    """

    passes_responses = False

    def decode(self, call: WebCall, action: Action[Any]) -> Any:
        call.admit_body(action, ("form",))
        return call.decode_form(action)

    def encode(self, call: WebCall, result: SafeResult[Any]) -> Response:
        if isinstance(result.error, Refusal):
            return refused(call.app, result.error)
        action = call.action
        assert action is not None
        result = call.with_values(result)
        # Without a fragment the page answers, as it does a form post.
        login_page = call.login_page() if action.fragment is None else None
        login = call.way_to_login(result, result.location or login_page)
        if login is not None:
            return moved(call, login, reload=True)
        if result.location is not None:
            here = on_site(result.location, call.host)
            way = result.location if here is None else call.keep(result, here)
            return moved(call, way, further=call.ctx.htmx.headers)
        if action.fragment is None:
            return self._page(call, result)
        return self._fragment(call, action, result)

    def _page(self, call: WebCall, result: SafeResult[Any]) -> Response:
        """Have the page answer: htmx follows, and swaps what hx-select or its target says."""
        if call.ctx.htmx.headers or call.ctx.htmx.further:
            log.warning(
                "What %s asks of ctx.htmx is lost, since a redirect brings no headers to htmx: "
                "give the action a fragment.",
                call.ctx.name,
            )
        return see_other(call.app, call.keep(result, call.back()))

    def _fragment(self, call: WebCall, action: Action[Any], result: SafeResult[Any]) -> Response:
        status = 200 if result.error is None else result.error.status
        if result.error is None:
            check_sendable(result, action)
        show_in(call.request, call.ctx.name, call.key, result)
        try:
            html = _render_all(call, action, result)
        except Exception as problem:
            problem.add_note(f"In the fragment of {call.ctx.name}: fragment={action.fragment!r}.")
            if result.error is None or call.propagates():
                raise
            # The error must reach the page, whatever its template makes of it.
            log.exception("The fragment %r of %s fails", action.fragment, call.ctx.name)
            return refused(call.app, result.error)
        headers = {**call.ctx.htmx.headers, **headers_of(result.error)}
        if result.error is not None:
            # A form with hx-push-url: the address bar would show a URL that no GET answers.
            headers.setdefault("HX-Push-Url", "false")
        return respond(call.app, html.encode(), status, HTML, headers)


def render_fragment(spec: str, context: dict[str, Any]) -> str:
    """A template, or one block of it (``"page.html#block"``), as text.

    Before a block, what the page imports and sets ahead of its first output is run, as it is in
    the page.

    :raises LookupError: if the template has no such block.
    """
    name, _, block = spec.partition("#")
    if not block:
        return render_template(name, **context)
    template = current_app.jinja_env.get_template(name)
    current_app.update_template_context(context)
    try:
        return _render_block(template, block, template.new_context(context))
    except Exception:
        # As Jinja's own render does: the traceback names the template's lines.
        current_app.jinja_env.handle_exception()


def _render_block(template: Template, block: str, context: Context) -> str:
    page = template.root_render_func(context)
    try:
        # Jinja gives the page in pieces; the first that is no white space is its output.
        next((piece for piece in page if piece.strip()), None)
    except UndefinedError:
        pass  # a variable of the page alone: what the block needs of it, it will miss itself
    if block not in context.blocks:
        known = ", ".join(sorted(context.blocks)) or "none"
        raise LookupError(
            f"The template {template.name!r} has no block {block!r}; its blocks: {known}."
        )
    return "".join(context.blocks[block][0](context))


def _render_all(call: WebCall, action: Action[Any], result: SafeResult[Any]) -> str:
    context: dict[str, Any] = {"result": result}
    if action.fragment_context is not None:
        more = action.fragment_context(call.ctx, result)
        if not isinstance(more, Mapping):
            raise TypeError(
                f"The fragment_context of {action.name} gave {more!r}: it returns a dictionary of "
                f"what the template needs."
            )
        context.update(more)
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
