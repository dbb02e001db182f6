"""Records: what a frozen dataclass is, without its compiling."""

from functools import cached_property

import pytest

from flask_actions.records import Record


class Line(Record):
    text: str
    marked: bool = False

    @cached_property
    def length(self) -> int:
        return len(self.text)


def test_record_is_made_of_what_it_is_given_and_its_defaults():
    line = Line(text="one")

    assert (line.text, line.marked) == ("one", False)


def test_record_cannot_be_changed():
    line = Line(text="one")

    with pytest.raises(AttributeError, match="'text' cannot be set: a Line stays as it is"):
        line.text = "two"

    assert line.text == "one"


def test_changed_record_is_another_and_works_its_properties_out_anew():
    line = Line(text="one", marked=True)
    before = line.length

    changed = line.but(text="three")

    assert (changed.text, changed.marked, changed.length) == ("three", True, 5)
    assert (line.text, before) == ("one", 3)
