"""HTML in, the tree of its elements out, as a browser builds it, as far as forms need it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split(),
)
#: Whose content is text, whatever it looks like.
_RAW = ("textarea", "title")
#: What a start tag closes, if it is open right above.
_BLOCKS = (
    "address article aside blockquote details dialog div dl fieldset figure footer form h1 h2 h3 "
    "h4 h5 h6 header hr main menu nav ol p pre section table ul"
).split()
_CLOSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_BLOCKS, ("p",)),
    "option": ("option",),
    "optgroup": ("option", "optgroup"),
    "li": ("p", "li"),
    "dt": ("p", "dt", "dd"),
    "dd": ("p", "dt", "dd"),
    "td": ("p", "td", "th"),
    "th": ("p", "td", "th"),
    "tr": ("p", "td", "th", "tr"),
    "tbody": ("p", "td", "th", "tr", "thead", "tbody"),
}
#: What an end tag inside does not reach out of.
_WALLS = ("table", "td", "th", "caption", "template", "select")
_TABLE = ("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "template", "select")
_UNSEEN = ("script", "style", "template")
_INLINE = frozenset(
    "a abbr b bdi bdo cite code data dfn em i kbd label mark q s samp small span strong sub sup "
    "time u var".split()
)


class Element:
    """An element of a page.

    :ivar attributes: by lower-case name; an attribute without a value is ``""``.
    :ivar form: the form that was open when the element was met; None outside of one.
    """

    def __init__(
        self, tag: str, attributes: dict[str, str], parent: Element | None, form: Element | None
    ) -> None:
        self.tag: str = tag
        self.attributes: dict[str, str] = attributes
        self.parent: Element | None = parent
        self.form: Element | None = form
        self.children: list[Element | str] = []

    def get(self, name: str) -> str | None:
        return self.attributes.get(name)

    def has(self, name: str) -> bool:
        return name in self.attributes

    def words(self, name: str) -> list[str]:
        """The words of an attribute that is a list of them, ``aria-describedby="a b"``."""
        return self.attributes.get(name, "").split()

    def walk(self) -> Iterator[Element]:
        """The elements below, in the order of the page; not those of a template, which are none."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                if child.tag != "template":
                    yield from child.walk()

    def ancestors(self) -> Iterator[Element]:
        """The elements around, from the nearest outwards."""
        around = self.parent
        while around is not None:
            yield around
            around = around.parent

    def by_id(self, id: str) -> Element | None:
        """The first element below with that id."""
        return next((one for one in self.walk() if id and one.get("id") == id), None)

    @property
    def text(self) -> str:
        """What is to be read in it, blanks and line breaks in a row as one blank."""
        return " ".join("".join(self._pieces()).split())

    @property
    def raw_text(self) -> str:
        """The characters right inside, as they are."""
        return "".join(child for child in self.children if isinstance(child, str))

    def _pieces(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in _UNSEEN and not child.has("hidden"):
                gap = "" if child.tag in _INLINE else " "
                yield gap
                yield from child._pieces()
                yield gap

    def __repr__(self) -> str:
        attributes = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.tag}{attributes}>"


def parse(html: str) -> Element:
    """The root of a page, or of a fragment of one."""
    builder = _Builder()
    builder.feed(re.sub(r"\r\n?", "\n", html))
    builder.close()
    return builder.root


class _Builder(HTMLParser):
    """Builds the tree (HTML Standard, 13.2.6), without its repairs of misnested inline tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {}, None, None)
        self._open: list[Element] = [self.root]
        self._form: Element | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._here.tag in _RAW:  # older parsers of Python's see tags there
            self.handle_data(unescape(self.get_starttag_text() or ""))
            return
        inert = any(one.tag == "template" for one in self._open)
        if tag == "form" and self._form is not None and not inert:
            return  # a form in a form is none
        while self._here.tag in _CLOSES.get(tag, ()):
            self._open.pop()
        # Of two attributes with one name the first counts.
        attributes = {name: value or "" for name, value in reversed(attrs)}
        element = Element(tag, attributes, self._here, None if inert else self._form)
        self._here.children.append(element)
        if tag == "form" and not inert:
            self._form = element
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        # <div/> is <div>; only a drawing's elements may end where they begin.
        if any(one.tag in ("svg", "math") for one in self._open) and self._here.tag == tag:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._here.tag in _RAW and tag != self._here.tag:
            self.handle_data(f"</{tag}>")
            return
        if tag == "form" and not any(one.tag == "template" for one in self._open):
            self._form = None
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return
            if self._open[depth].tag in _WALLS and tag not in _TABLE:
                return

    def handle_data(self, data: str) -> None:
        self._here.children.append(data)

    def handle_comment(self, data: str) -> None:
        if self._here.tag in _RAW:
            self.handle_data(f"<!--{data}-->")

    @property
    def _here(self) -> Element:
        return self._open[-1]
