"""``GET`` in, the OpenAPI document of the application's actions out, and a page that shows it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, render_template, request
from werkzeug.wrappers import Response

from .transports.web import own_url

#: The folder of the viewer, an npm package, below our static files.
VIEWER = "swagger-ui-dist-5.35.0"

#: All that the viewer needs: its style has pictures in it, and it asks for the document.
_POLICY = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'{nonce}; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def show_document() -> Response:
    """The document; a client that has it already is told so."""
    from .openapi import describe  # only when it is asked for: pydantic's writer of schemas

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    state = app.extensions["actions"]
    known = app.extensions.setdefault("actions.openapi", {})
    if known.get("count") != len(state.registry):  # an application may be finished late
        known.update(
            count=len(state.registry), document=describe(app, state.registry, state.settings)
        )
    document = known["document"] | {"servers": [{"url": request.root_path or "/"}]}
    answer: Response = app.response_class(json.dumps(document), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def show_page() -> Response:
    """The page, under a policy that keeps all other scripts, and all other sites, out of it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    known: dict[str, Any] = app.jinja_env.globals
    nonce = known["csp_nonce"]() if callable(known.get("csp_nonce")) else ""
    asks_for_token = app.config.get("WTF_CSRF_ENABLED") and "csrf" in app.extensions
    folder = Path(app.extensions["actions"].blueprint.static_folder) / VIEWER
    page = render_template(
        "actions/openapi.html",
        title=app.name,
        document=own_url("actions.(openapi)"),
        script=own_url("actions.static", filename=f"{VIEWER}/swagger-ui-bundle.js"),
        style=own_url("actions.static", filename=f"{VIEWER}/swagger-ui.css"),
        starter=own_url("actions.static", filename="openapi.js"),
        integrity=_integrity(folder),
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
def _integrity(folder: Path) -> dict[str, str]:
    """The hashes that the browser holds the viewer's files to, computed when it was vendored."""
    lines = [line.split(": ", 1) for line in (folder / "VERSION").read_text().splitlines()]
    files = [value for name, value in lines if name == "file"]
    return dict(zip(files, (value for name, value in lines if name == "integrity"), strict=True))
