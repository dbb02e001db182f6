"""``GET`` in, the OpenAPI document of the application's actions out, and a page that shows it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, render_template, request
from werkzeug.wrappers import Response

from .transports.web import own_url

#: The version of the viewer, the npm package ``swagger-ui-dist``.
VIEWER = "5.35.0"

#: All that the viewer needs: its style has pictures in it, and it asks for the document.
_POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'{nonce}; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def show_document() -> Response:
    """The document; a client that has it already is told so."""
    from .openapi import describe, write  # only when it is asked for: pydantic's writer of schemas

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    state = app.extensions["actions"]
    known = app.extensions.setdefault("actions.openapi", {})
    if known.get("count") != len(state.registry):  # an application may be finished late
        known.update(
            count=len(state.registry), document=describe(app, state.registry, state.settings)
        )
    document = known["document"] | {"servers": [{"url": request.root_path or "/"}]}
    answer: Response = app.response_class(write(document), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def show_page() -> Response:
    """The page, under a policy that keeps all other scripts, and all other sites, out of it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    known: dict[str, Any] = app.jinja_env.globals
    nonce = known["csp_nonce"]() if callable(known.get("csp_nonce")) else ""
    asks_for_token = app.config.get("WTF_CSRF_ENABLED") and "csrf" in app.extensions
    page = render_template(
        "actions/openapi.html",
        title=app.name,
        document=own_url("actions.(openapi)"),
        files=[
            (own_url("actions.static", filename=name), integrity)
            for name, integrity in _files(app.extensions["actions"].blueprint.static_folder)
        ],
        starter=own_url("actions.static", filename="openapi.js"),
        nonce=nonce,
        token=known["csrf_token"]() if asks_for_token else "",
        header=app.config["WTF_CSRF_HEADERS"][0] if asks_for_token else "",
    )
    answer: Response = app.response_class(page)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = _POLICY.format(
        nonce=f" 'nonce-{nonce}'" if nonce else ""
    )
    return answer


@cache
def _files(static_folder: str) -> list[tuple[str, str]]:
    """The viewer's script and its style, each with the hash that was computed for the manifest."""
    manifest = json.loads((Path(static_folder) / "manifest.json").read_text())
    told = manifest["swagger-ui-dist"][VIEWER]
    return [(told["file"], told["integrity"]), *told["more"].items()]
