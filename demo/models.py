"""The newspaper's tables: people, articles, comments, likes, readers of the letter.

Plain SQLAlchemy 2: one engine per application, one session per request.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, current_app, g
from flask_login import AnonymousUserMixin, UserMixin
from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from werkzeug.security import check_password_hash, generate_password_hash

TOPICS = {"hall": "Town hall", "river": "The river", "market": "Market", "people": "People"}
TAGS = ["Council", "Weather", "School", "Music", "Food", "History"]


def init_app(app: Flask) -> None:
    """Open the database that ``DATABASE_URL`` names, and create the tables it lacks."""
    engine = create_engine(_with_driver(app.config["DATABASE_URL"]))
    app.extensions["demo.engine"] = engine
    app.teardown_appcontext(_close)
    Base.metadata.create_all(engine)


def db() -> Session:
    """The session of this request; it is closed when the request ends."""
    if "demo_db" not in g:
        g.demo_db = Session(current_app.extensions["demo.engine"])
    session: Session = g.demo_db
    return session


class Base(DeclarativeBase):
    pass


class User(UserMixin, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(10), default="reader")  # reader, author, admin
    bio: Mapped[str] = mapped_column(String(300), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    avatar: Mapped[bytes | None] = mapped_column(default=None, deferred=True)
    avatar_type: Mapped[str | None] = mapped_column(String(40), default=None)
    # Part of the picture's address, so that a browser asks again for a new one; 0: none yet.
    avatar_version: Mapped[int] = mapped_column(default=0)

    def set_password(self, password: str) -> None:
        self.password_hash = generate_password_hash(password)

    def has_password(self, password: str) -> bool:
        return check_password_hash(self.password_hash, password)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    @property
    def may_write(self) -> bool:
        return self.role in ("author", "admin")

    def may_edit(self, post: Post) -> bool:
        return self.role == "admin" or post.author_id == self.id


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    standfirst: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text)
    topic: Mapped[str] = mapped_column(String(20))
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=lambda: now())
    published_at: Mapped[datetime | None] = mapped_column(default=None)  # None: a draft
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    author: Mapped[User] = relationship(lazy="joined")
    comments: Mapped[list[Comment]] = relationship(
        back_populates="post", cascade="all, delete-orphan", order_by="Comment.id", lazy="selectin"
    )
    likes: Mapped[list[Like]] = relationship(
        back_populates="post", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def published(self) -> bool:
        return self.published_at is not None

    @published.setter
    def published(self, published: bool) -> None:
        if published != self.published:
            self.published_at = now() if published else None

    @property
    def art(self) -> str:
        """Its picture: two are drawn for each section."""
        return f"art/{self.topic}-{self.id % 2}.svg"

    def visible_to(self, user: User | AnonymousUserMixin | None) -> bool:
        return self.published or (isinstance(user, User) and user.may_edit(self))

    def liked_by(self, user: User | AnonymousUserMixin) -> bool:
        return isinstance(user, User) and any(like.user_id == user.id for like in self.likes)


class Comment(Base):
    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=lambda: now())
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    post: Mapped[Post] = relationship(back_populates="comments")
    author: Mapped[User] = relationship(lazy="joined")


class Like(Base):
    __tablename__ = "likes"
    __table_args__ = (UniqueConstraint("post_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    post: Mapped[Post] = relationship(back_populates="likes")
    user: Mapped[User] = relationship()


class Subscriber(Base):
    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)


def now() -> datetime:
    """This moment in UTC, without a zone: SQLite keeps none."""
    return datetime.now(UTC).replace(tzinfo=None)


def _close(_error: BaseException | None) -> None:
    session = g.pop("demo_db", None)
    if session is not None:
        session.close()


def _with_driver(url: str) -> str:
    """Hosts hand out ``postgres://``; SQLAlchemy wants the driver's name in it too."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url
