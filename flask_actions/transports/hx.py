"""What htmx is told by headers, whichever door it came by: where to go, and what was refused."""

from __future__ import annotations

from flask import Flask, render_template
from flask.wrappers import Request
from markupsafe import Markup
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from ..errors import ActionError
from ..urls import on_site
from .responses import HTML, respond
from .web import WebCall, headers_of


def asks(request: Request) -> bool:
    """Whether htmx sent a request, for a fragment or for a whole page."""
    return bool(request.environ.get("HTTP_HX_REQUEST") == "true")


def is_boosted(request: Request) -> bool:
    """Whether htmx sent it in the place of an ordinary form or link."""
    return bool(request.environ.get("HTTP_HX_BOOSTED") == "true")


def moved(
    call: WebCall, url: str, *, reload: bool = False, further: dict[str, str] | None = None
) -> Response:
    """The way to *url*: both majors drop the headers of a 3xx, and fail where it leaves the site.

    :param reload: load the page anew, as for another site.
    """
    away = reload or on_site(url, call.host) is None
    # htmx 4 reads "/search?q=a,path:/evil" as its own language of options, where a comma parts one
    # from the next: what a user typed would say where to go and what to swap.
    name, url = ("HX-Redirect", url) if away else ("HX-Location", url.replace(",", "%2C"))
    return respond(call.app, b"", 200, HTML, {**(further or {}), name: iri_to_uri(url)})


def refused(app: Flask, error: ActionError) -> Response:
    """The refusal above the form, which stays as it is with all that was typed."""
    # By this class htmx-actions.js finds it, to take it away when the form is sent again.
    block = Markup('<div class="actions-error">{}</div>')
    html = block.format(Markup(render_template("actions/error.html", error=error)))
    headers = {
        # "this" would be the element with the hx-target in htmx 4; what sent the request is meant.
        "HX-Retarget": "closest *",
        "HX-Reswap": "beforebegin",
        # The page's own hx-select would find nothing here.
        "HX-Reselect": ".actions-error",
        "HX-Push-Url": "false",
        **headers_of(error),
    }
    return respond(app, html.encode(), error.status, HTML, headers)
