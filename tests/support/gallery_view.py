"""What a page of the gallery is: who looks at it, in which expo, and in which state."""

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page

from expo.rights import Role
from tests.support.show import Running


class World(NamedTuple):
    """An expo in one situation, with the people whose pages are looked at."""

    show: Running
    cookies: dict[Role, dict[str, str]]
    trackers: dict[str, str]
    """The voter's receipt numbers by session."""


class View(NamedTuple):
    """A page in a state.

    ``path`` may hold ``{lang}``, ``{tracker}``, ``{pass}``, ``{badge}`` and ``{hall}``. ``act`` brings the page into its
    state once it is there; ``after`` is a selector that shows the page is what it is meant to be.
    """

    name: str
    world: str
    path: str
    role: Role = Role.PUBLIC
    shows: str = "h1"
    act: Callable[[Page], None] | None = None
    scripts: bool = True
