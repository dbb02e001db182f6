"""The rows of the table: who is compared with whom, and what the ratio must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One application against another.

    :ivar kind: ``call`` is one of ``works.WORKS``, ``peer`` too, but theirs under Node.js, where
        instructions tell nothing; ``fresh`` is one of ``fresh.WORKS``, ``memory`` in MiB above the
        other, ``load`` in requests per second, where more is better.
    :ivar work, ours, theirs: names of the work (for ``memory`` its kind), and of who does it.
    :ivar must, goal: of the ratio, in instructions where they can be counted; MiB for ``memory``.
    """

    title: str
    work: str
    must: float | None = None
    goal: float | None = None
    ours: str = "Flask-Actions"
    theirs: str = "by hand"
    kind: Literal["call", "peer", "fresh", "memory", "load"] = "call"


LIBRARIES = ("APIFlask", "flask-openapi3", "Flask-Pydantic", "FastAPI", "Litestar")

_WTF = {"theirs": "Flask-WTF"}
_COOKIES = {"theirs": "by hand, our cookies"}
_TOKENS = {"ours": "Flask-Actions with tokens", "theirs": "Flask-WTF with tokens"}
_LAZY = {"ours": "lazy session"}
_ASTRO: dict[str, Any] = {"ours": "Astro's wire", "theirs": "Astro", "kind": "load"}
_LAZY_ASTRO = _ASTRO | {"ours": "Astro's wire, lazy session"}
_NPM: dict[str, Any] = {"theirs": "devalue of npm", "kind": "peer"}
_MANY = {"ours": "3,000 actions", "theirs": "Flask-Actions"}

ROWS = {
    "json-valid": Row("JSON call of 200 bytes, valid", "json-valid", 0.85, 0.76),
    "json-invalid": Row("JSON call of 200 bytes, four fields invalid", "json-invalid", 0.85, 0.76),
    "lazy-valid": Row(
        "the same with `ACTIONS_LAZY_SESSION`, valid", "json-valid", 0.60, 0.50, **_LAZY
    ),
    "lazy-invalid": Row(
        "the same with `ACTIONS_LAZY_SESSION`, invalid", "json-invalid", 0.65, 0.55, **_LAZY
    ),
    "devalue-valid": Row(
        "the same, answered with devalue's text, valid", "json-valid", 1.05, ours="devalue"
    ),
    "astro-valid": Row("the same on Astro's wire, valid", "json-valid", 1.05, ours="Astro's wire"),
    "astro-invalid": Row("the same on Astro's wire, invalid", "json-invalid", ours="Astro's wire"),
    "form-pair": Row("form post, 303, the page that shows the result", "form-pair", 1.00, 0.90),
    "htmx": Row("htmx post, fragment", "htmx", 0.90, 0.80),
    "items-in": Row("1 MiB of JSON, 5,000 nested items in", "items-in", 0.75, 0.68),
    "models-out": Row("5,000 models out", "models-out", 0.50, 0.30),
    "cookies-valid": Row("JSON call, valid, by hand with our cookies", "json-valid", **_COOKIES),
    "cookies-invalid": Row("the same, invalid", "json-invalid", **_COOKIES),
    "cookies-form-pair": Row("form pair, by hand with our cookies", "form-pair", **_COOKIES),
    "cookies-htmx": Row("htmx post, by hand with our cookies", "htmx", **_COOKIES),
    "wtf-form-pair": Row(
        "form pair against a Flask-WTF form: our default", "form-pair", 0.60, 0.50, **_WTF
    ),
    "wtf-htmx": Row("htmx post against a Flask-WTF form: our default", "htmx", 0.45, 0.35, **_WTF),
    "tokens-form-pair": Row(
        "form pair against a Flask-WTF form: tokens in both", "form-pair", 0.90, 0.80, **_TOKENS
    ),
    "tokens-htmx": Row(
        "htmx post against a Flask-WTF form: tokens in both", "htmx", 0.85, 0.75, **_TOKENS
    ),
    "long-form": Row("a form of 20 fields rendered, `action_form`", "long-form", 2.00),
    "wtf-long-form": Row("the same against WTForms", "long-form", 1.00, **_WTF),
    "3000-actions": Row(
        "JSON call with 3,000 actions registered, against three", "json-valid", 1.05, 1.02, **_MANY
    ),
    "building": Row(
        "an app of 1,000 actions built, against 1,000 views", "building", 1.00, 0.55, kind="fresh"
    ),
    "import": Row(
        "import, against `flask` and `pydantic.BaseModel`", "import", 1.10, 1.05, kind="fresh"
    ),
    "memory-imported": Row(
        "memory of a worker above theirs, imported: MiB of RSS", "RSS imported", 3, 1, kind="memory"
    ),
    "memory": Row("the same, after one request", "RSS", 3, 1, kind="memory"),
    "memory-pss": Row("the same, after one request, PSS", "PSS", 3, 1, kind="memory"),
    "load-json": Row("requests per second: JSON", "json-valid", 1.15, 1.25, kind="load"),
    "load-form-pair": Row("requests per second: form pair", "form-pair", 1.00, 1.10, kind="load"),
    "load-htmx": Row("requests per second: htmx", "htmx", 1.10, 1.20, kind="load"),
    "load-astro-valid": Row(
        "requests per second, against Astro: JSON, valid", "json-valid", 2.5, **_ASTRO
    ),
    "load-astro-invalid": Row(
        "requests per second, against Astro: JSON, invalid", "json-invalid", 2.5, **_ASTRO
    ),
    "load-astro-form": Row(
        "requests per second, against Astro: a `FormData`", "form-call", 2.5, **_ASTRO
    ),
    "load-lazy-astro-valid": Row(
        "the same with `ACTIONS_LAZY_SESSION`: JSON, valid", "json-valid", 2.5, **_LAZY_ASTRO
    ),
    "load-lazy-astro-invalid": Row(
        "the same with `ACTIONS_LAZY_SESSION`: JSON, invalid", "json-invalid", 2.5, **_LAZY_ASTRO
    ),
    "write-json": Row("1 MiB of nested data written, against `json`", "write", theirs="json"),
    "write-npm": Row("the same, against the npm package", "write", **_NPM),
    "read-json": Row("1 MiB of nested data read, against `json`", "read", theirs="json"),
    "read-npm": Row("the same, against the npm package", "read", **_NPM),
}
for _library in LIBRARIES:
    for _word in ("valid", "invalid"):
        ROWS[f"{_library.lower()}-{_word}"] = Row(
            f"JSON call, {_word}, against {_library}", f"json-{_word}", theirs=_library
        )


def compared(row: Row, ours: float, theirs: float) -> float:
    """The figure of the table, as exact as it is shown there: a ratio, or MiB above theirs."""
    return round(ours - theirs, 1) if row.kind == "memory" else round(ours / theirs, 2)


def verdict(row: Row, figure: float) -> str:
    """``goal``, ``must`` or ``missed``; nothing where nothing was asked."""
    if row.must is None:
        return ""
    sign = -1 if row.kind == "load" else 1
    if row.goal is not None and sign * figure <= sign * row.goal:
        return "goal"
    return "must" if sign * figure <= sign * row.must else "missed"
