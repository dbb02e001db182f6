"""The applications that are compared: the view written by hand, a Flask-WTF form, and ours.

Each has the page ``/`` with the form, and takes the form's post and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, jsonify, redirect, render_template, request, session, url_for
from pydantic import BaseModel, ValidationError

from .models import (
    HINT,
    TWENTY,
    Line,
    Order,
    Post,
    PostOut,
    Receipt,
    add_up,
    lines,
    save,
    twenty_model,
)

#: Every Flask application has one, as those with a login have: with it, a session is opened.
SECRET_KEY = "only for benchmarks"


@dataclass(frozen=True, slots=True)
class Site:
    """An application, and where it takes what.

    :ivar app: called as WSGI.
    """

    app: Any
    form: str
    json: str = ""
    order: str = ""
    lines: str = ""


def new_app(templates: str) -> Flask:
    app = Flask("benchmarks", template_folder=f"templates/{templates}")
    app.secret_key = SECRET_KEY
    return app


# The view written by hand


def by_hand() -> Site:
    """What a Flask developer writes without us."""
    app = new_app("by_hand")

    @app.post("/api/posts")
    def create_post_json():
        try:
            post = Post.model_validate(request.get_json())
        except ValidationError as error:
            return jsonify(errors=issues(error)), 400
        return jsonify(save(post.title, post.rating, post.published).model_dump())

    @app.get("/")
    def index():
        return render_template("page.html", result=session.pop("result", None))

    @app.post("/posts")
    def create_post():
        try:
            post = Post.model_validate(request.form.to_dict())
        except ValidationError as error:
            errors = {}
            for issue in issues(error):
                errors.setdefault(issue["loc"][0], []).append(issue["msg"])
            result = {"errors": errors, "typed": request.form.to_dict()}
        else:
            saved = save(post.title, post.rating, post.published)
            result = {"errors": {}, "typed": {}, "post": saved.model_dump()}
        if request.headers.get("HX-Request") == "true":
            status = 400 if result["errors"] else 200
            return render_template("_form.html", result=result), status
        session["result"] = result
        return redirect(url_for("index"), code=303)

    @app.get("/twenty")
    def twenty():
        return render_template("twenty.html", result=None)

    @app.post("/api/orders")
    def place_order():
        try:
            order = Order.model_validate(request.get_json())
        except ValidationError as error:
            return jsonify(errors=issues(error)), 400
        return jsonify(add_up(order).model_dump())

    @app.post("/api/lines")
    def list_lines():
        return jsonify([line.model_dump(mode="json") for line in lines()])

    return Site(app, form="/posts", json="/api/posts", order="/api/orders", lines="/api/lines")


def with_our_cookies() -> Site:
    """The same in an application whose cookies are read and signed as in one with Actions."""
    from flask_actions.quickcookies import quicken  # not where memory is measured

    site = by_hand()
    quicken(site.app)
    return site


def issues(error: ValidationError) -> list[Any]:
    # The input is not echoed, and what is in a context may not be JSON.
    return error.errors(include_url=False, include_context=False, include_input=False)


def many_by_hand(models: list[type[BaseModel]]) -> Site:
    """One view for each model."""
    app = new_app("by_hand")

    def add(model: Any, name: str) -> None:
        @app.post(f"/api/{name}", endpoint=name)
        def view():
            try:
                post = model.model_validate(request.get_json())
            except ValidationError as error:
                return jsonify(errors=issues(error)), 400
            return jsonify(save(post.title, post.rating, post.published).model_dump())

    for number, model in enumerate(models):
        add(model, f"create_post_{number}")
    return Site(app, form="", json=f"/api/create_post_{len(models) // 2}")


# A Flask-WTF form


def with_flask_wtf(*, tokens: bool = False) -> Site:
    """The form as a ``FlaskForm``, whose CSRF token is on, as it is by default.

    :param tokens: whether the application has ``CSRFProtect`` as well.
    """
    from flask_wtf import CSRFProtect, FlaskForm
    from wtforms import BooleanField, IntegerField, StringField, TextAreaField
    from wtforms.validators import InputRequired, Length, NumberRange

    class PostForm(FlaskForm):
        title = StringField(validators=[Length(3, 100)])
        content = TextAreaField(validators=[InputRequired()])
        rating = IntegerField(validators=[NumberRange(1, 5)])
        published = BooleanField()

    class TwentyForm(FlaskForm):
        pass

    for name in TWENTY:
        label = name.replace("_", " ").capitalize()
        setattr(TwentyForm, name, StringField(label, [Length(min=2)], description=HINT))

    app = new_app("flask_wtf")
    if tokens:
        CSRFProtect(app)

    @app.get("/")
    def index():
        result = session.pop("result", None)
        return render_template("page.html", form=PostForm(), result=result)

    @app.get("/twenty")
    def twenty():
        return render_template("twenty.html", form=TwentyForm())

    @app.post("/posts")
    def create_post():
        form = PostForm()
        if form.validate_on_submit():
            saved = save(form.title.data, form.rating.data, form.published.data)
            result = {"errors": {}, "typed": {}, "post": saved.model_dump()}
        else:
            result = {"errors": form.errors, "typed": request.form.to_dict()}
        if request.headers.get("HX-Request") == "true":
            status = 400 if result["errors"] else 200
            return render_template("_form.html", form=form, result=result), status
        session["result"] = result
        return redirect(url_for("index"), code=303)

    return Site(app, form="/posts")


# Ours. It is imported here, not above, so that the others' memory can be told from it.


def ours(*, tokens: bool = False, further: int = 0, **settings: Any) -> Site:
    """The same as actions, with every check on.

    :param tokens: whether the application has ``CSRFProtect``, which asks for tokens too.
    :param further: how many other actions the application has.
    """
    from flask_actions import Actions

    app = new_app("ours")
    app.config.update(settings)
    if tokens:
        from flask_wtf import CSRFProtect

        CSRFProtect(app)
    actions = Actions(app)

    @actions.action(fragment="_form.html")
    def create_post(input: Post) -> PostOut:
        return save(input.title, input.rating, input.published)

    @actions.action
    def place_order(input: Order) -> Receipt:
        return add_up(input)

    @actions.action
    def list_lines() -> list[Line]:
        return lines()

    @app.get("/")
    def index():
        return render_template("page.html")

    @app.get("/twenty")
    def twenty():
        return render_template("twenty.html")

    actions.action("twenty", input=twenty_model())(lambda input: None)

    for number in range(further):
        actions.action(f"further{number}")(create_post.handler)
    create = "/_actions/createPost"
    return Site(app, create, create, "/_actions/placeOrder", "/_actions/listLines")


def on_astros_wire(**settings: Any) -> Site:
    """Ours for Astro's client: its answers are devalue's text, or Astro's errors."""
    return ours(ACTIONS_WIRE="astro", **settings)


def lazy_on_astros_wire() -> Site:
    """The same with sessions that are opened at the first look, as Astro's are."""
    return on_astros_wire(ACTIONS_LAZY_SESSION=True)


def many_of_ours(models: list[type[BaseModel]]) -> Site:
    """One action for each model."""
    from flask_actions import Actions

    app = new_app("ours")
    actions = Actions(app)

    def add(model: Any, name: str) -> None:
        @actions.action(name, input=model)
        def handler(input: Post) -> PostOut:
            return save(input.title, input.rating, input.published)

    for number, model in enumerate(models):
        add(model, f"createPost{number}")
    return Site(app, form="", json=f"/_actions/createPost{len(models) // 2}")
