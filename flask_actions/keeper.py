"""One result, across one redirect: kept under a random id, shown once to the browser that posted.

A browser holds the id in a *pocket*, its session or a signed cookie of its own; so an id alone
reads nothing. The text lies in the pocket too, or on the *shelf*, a server-side cache, where the
pocket is too small or the application says so.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from itsdangerous import BadData, URLSafeTimedSerializer

from .packing import json_of, of_json

if TYPE_CHECKING:  # cachelib takes its time, and most applications never need a shelf
    from cachelib import BaseCache

log: logging.Logger = logging.getLogger("flask_actions")

#: Where the results wait in the session, and what the cookies' names start with.
KEY = "_actions"
#: Browsers drop a cookie whose name and value pass 4,096 bytes; Werkzeug warns from 4,093 on.
COOKIE_LIMIT = 4093
#: So many results of one browser may wait; the oldest goes first.
HANDFUL = 16
#: Texts lie in cookies while all cookies stay below this together: servers cap the whole header,
#: gunicorn at 8,190, and a handful of cookies with an id alone must fit in as well.
JAR_LIMIT = 6000
#: So many requests a browser may have under way to a host, by HTTP/1.1. Each adds a cookie, and
#: none knows those that the others add.
PARALLEL = 6
#: For so many seconds a page load that lost its id may show the result of its path, once.
GRACE = 30


class Kept(NamedTuple):
    """A result that waits.

    :ivar path: the page that it was sent to; None for whichever page asks first.
    :ivar created: Unix time, in seconds.
    :ivar seen: whether a page load without the id has shown it.
    :ivar text: the packed result; None while it lies on the shelf.
    """

    action: str
    key: str | None
    path: str | None
    created: float
    text: str | None
    seen: bool = False

    def to_text(self) -> str:
        # The result's own text stands behind, as it is: it is JSON already.
        head = [self.action, self.key, self.path, round(self.created, 6), int(self.seen)]
        return json_of(head) if self.text is None else f"{json_of(head)}\n{self.text}"

    @classmethod
    def from_text(cls, text: str) -> Kept:
        """The result of that text.

        :raises ValueError, TypeError: if it is none of ours.
        """
        head, end, body = str.partition(text, "\n")
        action, key, path, created, seen = of_json(head)
        if isinstance(action, str) and isinstance(created, (float, int)):
            return cls(action, key, path, created, body if end else None, bool(seen))
        raise ValueError("This is no kept result.")


class Pocket(Protocol):
    """What one browser holds: ids, with the text of their results where it fits."""

    def items(self) -> Iterator[tuple[str, Kept]]: ...
    def has_room(self, id: str, kept: Kept) -> bool: ...
    def put(self, id: str, kept: Kept) -> None: ...
    def drop(self, id: str) -> None: ...


class Cookies(Protocol):
    """The cookies of a request and its response; those that are set are kept from scripts."""

    def names(self) -> list[str]: ...
    def get(self, name: str) -> str | None: ...
    def set(self, key: str, value: str, *, max_age: int) -> None: ...
    def delete(self, key: str) -> None: ...


class SessionPocket:
    """Results in Flask's session. What it takes there is measured when the response leaves.

    :param known: what waited when the request came: a login clears the session, and not them.
    """

    def __init__(self, session: MutableMapping[str, Any], known: Any = None) -> None:
        self._session = session
        self._known: dict[str, str] = known if isinstance(known, dict) else {}

    def items(self) -> Iterator[tuple[str, Kept]]:
        for id, text in list(self._read().items()):
            try:
                yield id, Kept.from_text(text)
            except (TypeError, ValueError):
                continue  # of another version, or not ours

    def has_room(self, id: str, kept: Kept) -> bool:
        return True

    def put(self, id: str, kept: Kept) -> None:
        # A new dictionary each time: only a top-level assignment marks the session as changed.
        self._write({**self._read(), id: kept.to_text()})

    def drop(self, id: str) -> None:
        self._write({other: text for other, text in self._read().items() if other != id})

    @property
    def empty(self) -> bool:
        return not self._read()

    def restore(self) -> None:
        """Put back what the application cleared away with the rest of its session."""
        if self._known and KEY not in self._session:
            self._session[KEY] = self._known

    def _read(self) -> dict[str, str]:
        waiting = self._session.get(KEY, self._known)
        return waiting if isinstance(waiting, dict) else {}

    def _write(self, waiting: dict[str, str]) -> None:
        self._known = waiting
        if waiting:
            self._session[KEY] = waiting
        else:
            self._session.pop(KEY, None)


class CookiePocket:
    """Results in signed cookies, one each: no two responses write the same one."""

    def __init__(
        self, cookies: Cookies, secret_keys: Callable[[], list[str | bytes]], ttl: int
    ) -> None:
        self._cookies = cookies
        self._secret_keys = secret_keys
        self._ttl = ttl

    @cached_property
    def _signer(self) -> URLSafeTimedSerializer:
        keys = [key.encode() if isinstance(key, str) else key for key in self._secret_keys()]
        return URLSafeTimedSerializer(keys, salt="flask-actions-result")

    def items(self) -> Iterator[tuple[str, Kept]]:
        for name in self._cookies.names():
            if not name.startswith(KEY + "_"):
                continue
            try:
                # Its age is told by the time in it: a signature from a machine whose clock is
                # ahead would count as expired.
                text = self._signer.loads(self._cookies.get(name) or "")
            except BadData:
                continue
            id, kept = text.partition(" ")[::2]
            # The id is signed too: a cookie renamed by hand is no other result.
            if name == f"{KEY}_{id}":
                try:
                    yield id, Kept.from_text(kept)
                except (TypeError, ValueError):
                    continue  # of another version

    def has_room(self, id: str, kept: Kept) -> bool:
        """Whether neither the browser nor a server would drop the cookie."""
        name, value = self._cookie(id, kept)
        size = len(name) + len(value)
        others = (other for other in self._cookies.names() if other != name)
        held = sum(len(other) + len(self._cookies.get(other) or "") for other in others)
        return PARALLEL * size + held <= JAR_LIMIT

    def put(self, id: str, kept: Kept) -> None:
        name, value = self._cookie(id, kept)
        self._cookies.set(name, value, max_age=self._ttl)

    def drop(self, id: str) -> None:
        self._cookies.delete(f"{KEY}_{id}")

    def _cookie(self, id: str, kept: Kept) -> tuple[str, str]:
        return f"{KEY}_{id}", str(self._signer.dumps(f"{id} {kept.to_text()}"))


def writable(folder: str) -> bool:
    """Whether files could be written to *folder*, which need not exist yet."""
    for place in (Path(folder), *Path(folder).parents):
        if place.exists():
            return place.is_dir() and os.access(place, os.W_OK)
    return False


class Keeper:
    """Keeps results for an application.

    :param store: ``"session"``, ``"cookie"`` or a cachelib cache.
    :param ttl: seconds that an unread result waits.
    :param folder: where the shelf is, unless *store* is a cache.
    :param brief: shortens a text to what a cookie can hold, for a shelf that cannot be written.
    """

    def __init__(self, store: Any, ttl: int, folder: str, brief: Callable[[str], str]) -> None:
        self.uses_session: bool = isinstance(store, str) and store == "session"
        self._ttl = ttl
        self._folder = folder
        self._brief = brief
        self._cache: BaseCache | None = None if isinstance(store, str) else store
        self._file_shelf: BaseCache | None = None
        self._warned = False
        threshold = 0 if isinstance(store, str) else _threshold(store)
        if threshold:
            log.warning(
                "The cache of ACTIONS_RESULT_STORE drops the oldest of more than %d entries, also "
                "results that nobody has seen: make it FileSystemCache(..., threshold=0).",
                threshold,
            )

    def heed(self, *, permanent: bool, refreshed: bool, logger: logging.Logger) -> None:
        """Warn, once, where answers that change nothing in a session write it all the same.

        :param permanent: whether the application's sessions are.
        :param refreshed: Flask's ``SESSION_REFRESH_EACH_REQUEST``.
        """
        if self._warned or not (self.uses_session and permanent and refreshed):
            return
        self._warned = True
        logger.warning(
            "Sessions are permanent here and written again with every answer, so an answer that "
            "was on its way takes back the result that a form post just kept in its session. Set "
            "ACTIONS_RESULT_STORE = 'cookie'; or SESSION_REFRESH_EACH_REQUEST = False, and "
            "session.permanent where people log in, not with every request."
        )

    def pockets(
        self,
        session: MutableMapping[str, Any],
        cookies: Cookies,
        secret_keys: Callable[[], list[str | bytes]],
        known: Any = None,
    ) -> list[Pocket]:
        """The pockets of a browser, the one that new results go to first.

        :param known: what the session had under ``KEY`` when the request came.
        """
        own: list[Pocket] = [CookiePocket(cookies, secret_keys, self._ttl)]
        return [SessionPocket(session, known), *own] if self.uses_session else own

    def remember(self, pockets: list[Pocket], kept: Kept) -> str:
        """Keep a result for the next page load.

        :returns: the id for the URL of the redirect.
        """
        id = secrets.token_urlsafe(12)
        key, path = _short(kept.key), _short(kept.path)
        if key != kept.key or path != kept.path:
            kept = kept._replace(key=key, path=path)
        self._clear_away(pockets, kept.created)
        if self._cache is None and pockets[0].has_room(id, kept):
            pockets[0].put(id, kept)
        else:
            self._shelve(pockets[0], id, kept)
        return id

    def recall(
        self,
        pockets: list[Pocket],
        *,
        ids: Collection[str],
        path: str,
        action: str,
        key: str | None,
        consume: bool,
        now: float,
    ) -> str | None:
        """The text that a page load shows for *action*, if any.

        :param ids: those in the URL; none if it was lost.
        :param consume: False for a HEAD request and a prefetch, which show nothing to anybody.
        """
        short_path, short_key = _short(path), _short(key)
        for pocket in pockets:
            for each, kept in sorted(pocket.items(), key=lambda pair: -pair[1].created):
                if kept.action != action or kept.key != short_key:
                    continue
                if now - kept.created > self._ttl:
                    continue
                lost = consume and not ids and self._lost(kept, short_path, now)
                if each not in ids and not lost:
                    continue
                text = kept.text if kept.text is not None else self._from_shelf(each)
                if text is None:
                    continue
                if consume and each in ids:
                    self._forget(pocket, each, kept)
                elif consume:
                    pocket.put(each, kept._replace(seen=True))
                return text
        return None

    def meant(self, pockets: list[Pocket], ids: Collection[str]) -> list[tuple[str, str | None]]:
        """The actions, and the keys of their forms, that the results of *ids* are of.

        Not those of long keys, which are kept as hashes (64 signs) that no page asks by.
        """
        waiting = [kept for pocket in pockets for id, kept in pocket.items() if id in ids]
        return [(kept.action, kept.key) for kept in waiting if len(kept.key or "") < 64]

    def carry_on(self, pockets: list[Pocket], id: str, path: str) -> bool:
        """A redirect on the way: the result now belongs to *path*. False if there is none."""
        for pocket in pockets:
            for each, kept in pocket.items():
                if each == id:
                    pocket.put(id, kept._replace(path=_short(path)))
                    return True
        return False

    def settle(self, pockets: list[Pocket], cookie_size: Callable[[], int]) -> None:
        """Make the session's cookie fit: first the texts go to the shelf, then the ids to cookies.

        :param cookie_size: measures the cookie as it would be sent, in bytes.
        """
        session = pockets[0]
        if not isinstance(session, SessionPocket) or session.empty:
            return
        if cookie_size() <= COOKIE_LIMIT:
            return
        own = pockets[1]
        by_size = sorted(session.items(), key=lambda pair: -len(pair[1].text or ""))
        for id, kept in by_size:
            if kept.text is not None:
                self._shelve(session, id, kept)
                if cookie_size() <= COOKIE_LIMIT:
                    return
        for id, kept in session.items():
            own.put(id, kept)
            session.drop(id)

    def _lost(self, kept: Kept, path: str | None, now: float) -> bool:
        if kept.seen:
            return False
        return kept.path is None or (kept.path == path and now - kept.created <= GRACE)

    def _clear_away(self, pockets: list[Pocket], now: float) -> None:
        for pocket in pockets:
            waiting = sorted(pocket.items(), key=lambda pair: pair[1].created)
            if not waiting:
                continue
            expired = [pair for pair in waiting if now - pair[1].created > self._ttl]
            fresh = [pair for pair in waiting if now - pair[1].created <= self._ttl]
            for id, kept in [*expired, *fresh[: max(0, len(fresh) - HANDFUL + 1)]]:
                self._forget(pocket, id, kept)

    def _forget(self, pocket: Pocket, id: str, kept: Kept) -> None:
        pocket.drop(id)
        if kept.text is None:
            self._on_shelf(lambda shelf: shelf.delete(_shelf_key(id)))

    def _shelve(self, pocket: Pocket, id: str, kept: Kept) -> None:
        """Put the text on the shelf, the id into the pocket; the outcome alone, if it must be."""
        text = kept.text or ""
        if self._on_shelf(lambda shelf: shelf.set(_shelf_key(id), text, timeout=self._ttl)):
            pocket.put(id, kept._replace(text=None))
            return
        # The handler has run: that it did must be told, whatever becomes of its data.
        place = repr(self._folder) if self._cache is None else "the cache of ACTIONS_RESULT_STORE"
        log.error(
            "The result of %s could not be written to %s: the page shows its outcome without its "
            "data. Make it writable, or set ACTIONS_RESULT_STORE to a cache that every process can "
            "reach.",
            kept.action,
            place,
        )
        pocket.put(id, kept._replace(text=self._brief(text)))

    def _from_shelf(self, id: str) -> str | None:
        text = self._on_shelf(lambda shelf: shelf.get(_shelf_key(id)))
        return text if isinstance(text, str) else None

    def _on_shelf(self, work: Callable[[BaseCache], Any]) -> Any:
        """What *work* gives; None if the shelf fails, and no page fails with it."""
        try:
            return work(self._shelf)
        except Exception as error:  # a cache's server has errors of its own
            log.error("The store of kept results fails: %r", error)
            return None

    @property
    def _shelf(self) -> BaseCache:
        if self._cache is not None:
            return self._cache
        if self._file_shelf is None:
            from .shelf import FileShelf

            self._file_shelf = FileShelf(self._folder, self._ttl)
        return self._file_shelf


def waiting(session: Mapping[str, Any]) -> bool:
    """Whether results wait in *session*."""
    return KEY in session


def _threshold(cache: Any) -> int:
    """The entries that a cache of files keeps before it drops the oldest; 0 for all of them."""
    from cachelib import FileSystemCache

    return getattr(cache, "_threshold", 0) if isinstance(cache, FileSystemCache) else 0


def _shelf_key(id: str) -> str:
    return "flask-actions-" + id


def _short(text: str | None) -> str | None:
    """A text to compare by; a long one would burst the cookie."""
    if text is None or len(text) <= 100:
        return text
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
