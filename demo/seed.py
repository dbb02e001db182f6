"""What the first start prints: a few people of Alderbrook, and the news that they wrote."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from demo.models import Comment, Like, Post, Subscriber, User, now

#: Everybody's password in a fresh database; the login page shows it.
PASSWORD = "alderbrook"


def init_app(app: Flask) -> None:
    """Fill the application's database, if nobody lives in it yet."""
    with Session(app.extensions["demo.engine"]) as session:
        if session.scalar(select(User.id).limit(1)) is not None:
            return
        session.add_all([*_news(), Subscriber(email="postmaster@example.org")])
        try:
            session.commit()
        except IntegrityError:  # another process started at the same moment, and was first
            session.rollback()


def _news() -> list[Post]:
    edith = User(
        email="edith@example.org",
        name="Edith Crane",
        role="admin",
        bio="Editor since the last flood but one. Reads every letter, answers most.",
    )
    ada = User(
        email="ada@example.org",
        name="Ada Lindqvist",
        role="author",
        bio="Writes about the river, and about anybody who lives beside it.",
    )
    tomas = User(
        email="tomas@example.org",
        name="Tomas Birch",
        role="author",
        bio="Covers council evenings, market mornings and most of the cakes.",
    )
    rosa = User(
        email="rosa@example.org",
        name="Rosa Marchetti",
        role="reader",
        bio="Runs the ferry café. Opens at six.",
    )
    for user in (edith, ada, tomas, rosa):
        user.set_password(PASSWORD)

    ferry = _post(
        ada,
        "The ferry runs again on Monday",
        "After eleven weeks in the yard, the Marigold is back at her landing with a new engine "
        "and her old bell.",
        "river",
        ["Council", "History"],
        2,
        """\
The Marigold came up the river at half past seven last night, under her own power and to some \
applause. She had been gone for eleven weeks. The yard had promised four.

“We opened the deck to replace a shaft and found that the shaft was holding up everything \
else,” said Jonas Hale, who has steered her for nineteen years. The new engine is electric and \
can hardly be heard from the bank. The bell, cast in 1911, was kept at the passengers’ request.

From Monday she crosses every twenty minutes between six in the morning and nine at night. The \
fare stays at one coin, of whichever kind you have, into the same tin as before.

Rosa Marchetti, whose café stands at the landing, has lost count of how often she was asked \
when the ferry would return. “I will miss the question,” she said. “No, I will not.”""",
    )
    clock = _post(
        tomas,
        "Council votes to repair the clock, not the time",
        "The town hall clock will be mended over the winter. It will still be four minutes fast.",
        "hall",
        ["Council", "History"],
        9,
        """\
By six votes to five the council decided on Tuesday to restore the town hall clock, and, in a \
second vote, to leave it four minutes fast.

The clock was set ahead in 1954 so that the people of Alderbrook would catch the last train. The \
train was withdrawn in 1968. The four minutes stayed. “They are the only thing in this town that \
has ever been early,” said councillor Maud Perrin, who spoke for keeping them.

Opponents pointed out that every telephone in the room disagreed with the tower. The chair \
thanked them and noted that the meeting, by the tower, was over.""",
    )
    market = _post(
        tomas,
        "A second row of stalls from April",
        "The Saturday market has a waiting list for the first time in thirty years. It gets the "
        "north side of the square.",
        "market",
        ["Food"],
        26,
        """\
Fourteen new stalls will open on the north side of the square in April: two bakers, a cheese \
maker from the hill farms, a knife grinder, and a woman who repairs umbrellas while you wait.

The wardens had kept the north side free for cars that never came. A count over five Saturdays \
found, on average, one and a half of them, the half being a trailer.

Applications for the three places left are taken at the town hall until the end of the month. \
Whoever sells honey need not apply: there are already six.""",
    )
    school = _post(
        ada,
        "Forty children, one weather station",
        "The class of Mr Okafor measures the rain every day. The flood wardens have begun to ask "
        "for the figures.",
        "people",
        ["School", "Weather"],
        50,
        """\
At ten to eight each morning two children climb onto the roof of the boiler house and read a \
rain gauge, a thermometer and a wind vane made from a fork.

They began in September, for a lesson about averages. By the time of the October storm they had \
the only unbroken record of rainfall between the weir and the sea, and the wardens, whose own \
gauge had been borrowed by a heron, came to ask for it.

“We told them eighteen millimetres before breakfast,” said Lena, who is nine. “They shut the \
gate at nine. So that was us.”

The figures hang in the school’s window and, from this week, on the last page of this paper.""",
    )
    band = _post(
        edith,
        "The brass band wants your attic",
        "Somewhere in town are two cornets, a flugelhorn and a bass drum. The band would like "
        "them back.",
        "people",
        ["Music"],
        74,
        """\
When the Alderbrook Brass folded in 1989, its instruments went home with whoever had played them \
last. Now that there is a band again, with twenty-two members and nine instruments, the question \
arises where home was.

A list from the last annual meeting names two cornets, a flugelhorn, four tenor horns and a bass \
drum “on loan to the Hendry boys, for the carnival”. The Hendry boys are sixty-one and \
fifty-eight. They are looking.

Anything brass may be left at the vestry on Thursdays. Dents are welcome.""",
    )
    gauge = _post(
        ada,
        "Low water shows the old bridge",
        "For the first time since 1976 the piers of the wooden bridge stand above the river.",
        "river",
        ["Weather", "History"],
        120,
        """\
Nine black stumps crossed the river on Sunday, in a line that nobody under fifty had seen. They \
are oak, driven in 1693, and as hard as the day they were forgotten.

The museum asks that nobody take a piece home. The museum would also like it to be known that the \
piece on its own mantelpiece was taken in 1976, when this was allowed.

Rain is expected by the weekend. Whoever wants to see the bridge should walk down to the mill \
before then, and bring boots.""",
    )
    honey = _post(
        edith,
        "Six honeys, and nobody agrees",
        "A blind tasting was meant to settle which stall sells the best. It settled nothing.",
        "market",
        ["Food"],
        98,
        """\
Six jars without labels stood on the market office’s table on Saturday, and eleven people who say \
that they can tell them apart did not.

The schoolmaster gave first prize to his own bees and last prize, an hour later, to his own bees. \
The vicar found the winner “floral”; it came from the railway embankment. Two judges asked for \
bread and left.

The wardens have resolved that all six are excellent. The tasting will be repeated in June, with \
a seventh jar, about which they will say nothing.""",
    )
    swimming = Post(
        author=ada,
        title="A pool in the river",
        standfirst="Notes for Thursday: ask the wardens about the weir.",
        topic="river",
        tags=["Council"],
        body="""\
The plan is older than the pool in the next town: a wooden basin that floats, filled by the river \
itself, below the weir.

Still to ask: who watches the water, what happens in a flood, and whether anybody has told the \
heron.""",
    )

    _say(ferry, rosa, "The tin at the landing has been polished. Please do not remark on it.", 1)
    _say(ferry, tomas, "I crossed twice last night just to hear nothing.", 1)
    _say(clock, rosa, "My café keeps tower time. It sells more breakfast.", 6)
    _say(school, edith, "Well measured. Page eight is yours for as long as you want it.", 40)
    _say(honey, rosa, "I voted for number four. I sell number two.", 90)
    _say(band, tomas, "There is a horn in our shed, but it may be part of a plough.", 60)
    for post, users in (
        (ferry, [edith, tomas, rosa]),
        (clock, [ada, rosa]),
        (market, [rosa]),
        (school, [edith, tomas]),
        (gauge, [tomas]),
    ):
        post.likes = [Like(user=user) for user in users]
    return [gauge, band, school, market, clock, ferry, honey, swimming]


def _post(
    author: User,
    title: str,
    standfirst: str,
    topic: str,
    tags: list[str],
    hours_ago: int,
    body: str,
) -> Post:
    printed = now() - timedelta(hours=hours_ago)
    return Post(
        author=author,
        title=title,
        standfirst=standfirst,
        topic=topic,
        tags=tags,
        body=body,
        created_at=printed,
        published_at=printed,
    )


def _say(post: Post, author: User, body: str, hours_ago: int) -> None:
    at = now() - timedelta(hours=hours_ago)
    post.comments.append(Comment(author=author, body=body, created_at=at))
