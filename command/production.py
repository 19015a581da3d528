"""The show's own rooms beside the stage: streams, questions, consoles, overlays; a part of the assembly."""

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.identity.moves import new_id
from expo.identity.usecases import Passes
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier
from sessions.devices import pages as device_pages
from sessions.devices.devices_follower import DevicesFollower
from sessions.devices.usecases import Devices
from sessions.moves import fix_grace
from sessions.overlay import pages as overlay_pages
from sessions.planning import pages as planning_pages
from sessions.planning.usecases import Planning
from sessions.presenting import pages as presenting_pages
from sessions.presenting.console_follower import ConsoleFollower
from sessions.presenting.desk import pages as cue_pages
from sessions.presenting.usecases import Presenting
from sessions.questions import pages as question_pages
from sessions.questions.questions_follower import QuestionsFollower
from sessions.questions.usecases import Questions
from sessions.reactions.reactions_follower import ReactionsFollower
from sessions.reactions.usecases import Reactions
from sessions.streaming import pages as streaming_pages
from sessions.streams.delay_follower import DelayFollower
from sessions.usecases import Show
from sessions.widget import pages as widget_pages
from voting.usecases import Voting


class Production:
    """Everything that surrounds the stage, of one process.

    Args:
        database: Opened, at the newest revision.
        notifier: Tells every process.
        now: The clock.
        hub: Knows who is connected.
        voting: Asks for the grace of a contest that closes.
        show: Has the programme and the stage.
        passes: Let people and screens in.
    """

    def __init__(
        self,
        *,
        database: Database,
        notifier: Notifier,
        now: Now,
        hub: Hub,
        voting: Voting,
        show: Show,
        passes: Passes,
    ) -> None:
        self.database = database
        self.notifier = notifier
        self.now = now
        self.hub = hub
        self.show = show
        self.questions = Questions(database, notifier, show, now, new_id)
        self.reactions = Reactions(database, show, now)
        self.presenting = Presenting(database, notifier, show, self.questions, self.reactions, now)
        self.devices = Devices(database, notifier, show, passes, now)
        self.planning = Planning(database, show, now)
        voting.grace = fix_grace

    @property
    def state(self) -> dict[str, Any]:
        """What requests are given, beside what the expo gives them."""
        return {
            "devices": self.devices,
            "planning": self.planning,
            "presenting": self.presenting,
            "questions": self.questions,
            "reactions": self.reactions,
        }

    @property
    def followers(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What works in the background, by name."""
        delays = DelayFollower(self.database, self.show.delays, self.now)
        questions = QuestionsFollower(self.questions, self.show, self.hub, self.notifier)
        consoles = ConsoleFollower(self.presenting, self.show, self.hub, self.notifier)
        devices = DevicesFollower(self.devices, self.show, self.hub, self.notifier)
        return {
            "consoles": consoles.run,
            "delays": delays.run,
            "devices": devices.run,
            "questions": questions.run,
            "reactions": ReactionsFollower(self.reactions).run,
        }

    @property
    def routes(self) -> list[BaseRoute]:
        """The addresses of the show's rooms."""
        return [
            *overlay_pages.routes(),
            *device_pages.routes(),
            *question_pages.routes(),
            *planning_pages.routes(),
            *presenting_pages.routes(),
            *cue_pages.routes(),
            *streaming_pages.routes(),
            *widget_pages.routes(),
        ]
