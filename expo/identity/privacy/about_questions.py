"""What is stored of questions and reactions of the audience. Pure."""

from typing import Final

from expo.errors import N_
from expo.identity.privacy.values import By, Columns, Kind, Purpose, Table

_EVERYBODY = N_("Everybody.")
_EXPO = N_("As long as the expo's pages.")
_WHEN = N_("when it happened")


def _plain(what: str, *names: str) -> Columns:
    return Columns(Kind.PLAIN, what, names)


QUESTIONS: Final = (
    Table(
        "question",
        Purpose.SHOW,
        N_("So that the audience can ask, and reads what was answered."),
        N_(
            "As long as the expo's pages; who asked, until you erase it; "
            "a declined question, thirty days."
        ),
        N_("Everybody once it is published, without your name; before that moderators."),
        (
            _plain(N_("a random number of its own"), "id"),
            _plain(
                N_("how far it has come"),
                "session",
                "state",
                "version",
                "root",
                "into",
                "reason",
                "place",
                "before",
            ),
            Columns(Kind.PERSONAL, N_("what you asked"), ("text",)),
            _plain(N_("what the entity answered"), "answer"),
            Columns(Kind.MARK, N_("a random number that stands for who asked"), ("author",)),
            Columns(
                Kind.MARK,
                N_("random numbers that stand for who moderated and answered"),
                ("acted_by", "claimed_by", "answered_by"),
            ),
            _plain(_WHEN, "asked_at", "acted_at", "claimed_until", "answered_at"),
        ),
        ((By.PERSON, "author"),),
        (("author", None),),
    ),
    Table(
        "question_support",
        Purpose.SHOW,
        N_("So that everybody's support of a question counts once."),
        N_("Until you take it back or erase it, or the organisers delete what the expo left."),
        N_("Nobody; everybody sees how many there are."),
        (
            _plain(N_("the question it belongs to"), "question"),
            Columns(Kind.MARK, N_("a random number that stands for you"), ("person",)),
        ),
        ((By.PERSON, "person"),),
        None,
    ),
    Table(
        "question_room",
        Purpose.SHOW,
        N_("Whether a session takes questions, and which one is on its screens."),
        _EXPO,
        _EVERYBODY,
        (_plain(N_("what it says"), "session", "is_open", "screen", "version"),),
    ),
    Table(
        "reaction",
        Purpose.SHOW,
        N_("So that presenters feel their audience. Only counts are kept, nobody's taps."),
        _EXPO,
        N_("Presenters and the desk."),
        (_plain(N_("how often, in ten seconds"), "session", "kind", "tick", "n"),),
    ),
)
