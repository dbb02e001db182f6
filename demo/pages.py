"""What a visitor can look at: every page is a GET, and changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from flask import Blueprint, Flask, Response, abort, g, redirect, render_template, request
from flask_login import current_user, login_required
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from demo import forms, live, source
from demo.actions import post_form
from demo.links import local_path, page_of
from demo.models import TAGS, TOPICS, Post, User, db
from demo.words import LANGUAGES, language, say

#: What may drive the forms; the switch in the corner sets the cookie.
MODES = {"htmx4": "htmx 4", "htmx2": "htmx 2", "none": "no JavaScript"}

pages = Blueprint("pages", __name__)


def init_app(app: Flask) -> None:
    """Give the application its pages, and what their templates need."""
    app.register_blueprint(pages)
    app.register_blueprint(forms.pages)
    app.register_blueprint(live.pages)
    app.register_error_handler(HTTPException, _error_page)
    app.before_request(_choose_mode)
    app.after_request(_protect)
    app.context_processor(_for_templates)
    app.add_template_filter(_day, "day")
    app.add_template_filter(_paragraphs, "paragraphs")
    app.add_template_global(source.python_source)
    app.add_template_global(source.jinja_source)
    app.add_template_global(say)


@pages.get("/")
def index() -> str:
    topic = request.args.get("topic")
    if topic is not None and topic not in TOPICS:
        abort(404)
    found = select(Post).where(Post.published_at.is_not(None)).order_by(Post.published_at.desc())
    if topic is not None:
        found = found.where(Post.topic == topic)
    return render_template("index.html", posts=db().scalars(found.limit(13)).all(), topic=topic)


@pages.get("/posts/<int(max=2147483647):post_id>")
def post(post_id: int) -> str:
    return render_template("posts/show.html", post=_visible(post_id))


@pages.get("/posts/new")
@login_required
def new_post() -> str:
    if not _me().may_write:
        abort(403, "Only authors write for the Courier. You can sign up as one.")
    return render_template("posts/edit.html", **post_form(None))


@pages.get("/posts/<int(max=2147483647):post_id>/edit")
@login_required
def edit_post(post_id: int) -> str:
    post = _visible(post_id)
    if not _me().may_edit(post):
        abort(403, "This is somebody else’s article.")
    return render_template("posts/edit.html", **post_form(post))


@pages.get("/posts/<int(max=2147483647):post_id>/delete")
@login_required
def delete_post(post_id: int) -> str:
    if _me().role != "admin":
        abort(403, "Only the editor deletes articles.")
    return render_template("posts/delete.html", post=_visible(post_id))


@pages.get("/desk")
@login_required
def desk() -> str:
    mine = select(Post).order_by(Post.id.desc())
    if _me().role != "admin":
        mine = mine.where(Post.author_id == _me().id)
    return render_template("posts/desk.html", posts=db().scalars(mine).all())


@pages.get("/sign-up")
def sign_up() -> str:
    return render_template("account/sign_up.html")


@pages.get("/log-in")
def log_in() -> str:
    return render_template("account/log_in.html", next=local_path(request.args.get("next")))


@pages.get("/profile")
@login_required
def profile() -> str:
    return render_template("account/profile.html", user=_me())


@pages.get("/people/<int(max=2147483647):user_id>/avatar")
def avatar(user_id: int) -> Response:
    user = db().get(User, user_id) or abort(404)
    if user.avatar is None:
        abort(404)
    answer = Response(user.avatar, mimetype=user.avatar_type)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # The address changes with the picture.
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@pages.get("/about")
def about() -> str:
    return render_template("about.html")


@pages.get("/mode/<mode>")
def switch_mode(mode: str) -> AnyResponse:
    """Remember what drives the forms; a link, so that it works without JavaScript too."""
    if mode not in MODES:
        abort(404)
    answer = redirect(local_path(request.args.get("next")), code=303)
    answer.set_cookie("mode", mode, max_age=31_536_000, samesite="Lax", httponly=True)
    return answer


@pages.get("/language/<language>")
def switch_language(language: str) -> AnyResponse:
    """Remember what language the pages about forms are read in."""
    if language not in LANGUAGES:
        abort(404)
    answer = redirect(local_path(request.args.get("next")), code=303)
    answer.set_cookie("language", language, max_age=31_536_000, samesite="Lax", httponly=True)
    return answer


def _visible(post_id: int) -> Post:
    post = db().get(Post, post_id)
    if post is None or not post.visible_to(current_user):
        abort(404, "There is no such article, or not any more.")
    return post


def _me() -> User:
    return cast(User, current_user)


def _choose_mode() -> None:
    mode = request.cookies.get("mode", "")
    g.mode = mode if mode in MODES else "htmx4"


def _for_templates() -> dict[str, Any]:
    return {
        "mode": g.get("mode", "htmx4"),
        "modes": MODES,
        "here": page_of(request),
        "language": language(),
        "languages": LANGUAGES,
        "topics": TOPICS,
        "all_tags": TAGS,
    }


def _protect(response: Response) -> Response:
    """Say to the browser what a page of ours may do: nothing inline, nothing from elsewhere."""
    scripts = "'none'" if g.get("mode") == "none" else "'self'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src {scripts}; style-src 'self'; img-src 'self' data:; "
        "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    response.headers["Referrer-Policy"] = "same-origin"
    if response.mimetype == "text/html":
        # Pages differ by reader, and Back shall show what htmx changed since.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _error_page(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return render_template("error.html", error=error), error.code


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
