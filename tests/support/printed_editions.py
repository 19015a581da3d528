"""Editions of bulletins to be printed: so many places, ties, nothing counted."""

from datetime import UTC, date, datetime
from typing import Final

from expo.words import Text
from sessions.bulletin.edition import Edition, EditionContest, EditionGroup, EditionPlace

NAMES: Final = (
    ("مساعد الزحام: الحافلات بحسب الطلب الفعلي", "Crowd helper: buses sent where demand is"),
    ("منصّة الرعاية المنزلية", "Home care platform"),
    ("لا انتظار: الإلغاء والحجز في الأحياء", "No waiting: booking in the neighbourhoods"),
    ("رخصة البناء في يوم واحد", "Building permit in one day"),
)
ENTITY: Final = Text("هيئة الطرق والمواصلات", "Roads and Transport Authority")
GROUPS: Final = (
    EditionGroup("employees", Text("الموظفون", "Employees"), 812, 600, "counted"),
    EditionGroup("customers", Text("المتعاملون", "Customers"), 3, 0, "waiting"),
    EditionGroup("guests", Text("الزوار", "Guests"), 30, 0, "without-weight"),
)
ROOT: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def places(ranks: tuple[int, ...]) -> tuple[EditionPlace, ...]:
    """An option for each rank; equal ranks are shared."""
    return tuple(
        EditionPlace(
            rank,
            ranks.count(rank) > 1,
            Text(*NAMES[at % len(NAMES)]),
            ENTITY,
            742 - 50 * at,
            3,
            1,
            at,
        )
        for at, rank in enumerate(ranks)
    )


def contest(
    ranks: tuple[int, ...] = (1, 2, 3, 4),
    *,
    contest_id: str = "transport",
    title: Text | None = None,
    ballots: int = 1284,
) -> EditionContest:
    """A contest with these ranks."""
    return EditionContest(
        id=contest_id,
        title=title or Text("نقل أذكى", "Smarter transport"),
        href=f"/results/{contest_id}",
        day=1,
        ballots=ballots,
        method="ranked_pairs",
        said={
            "ar": ("تغلبت \u2068مساعد الزحام\u2069 على كل مبادرة أخرى وجها لوجه.",),
            "en": ("\u2068Crowd helper\u2069 beat every other initiative head to head.",),
        },
        places=places(ranks),
        groups=GROUPS if ballots else (),
        root=ROOT,
        size=2613,
    )


def edition(*contests: EditionContest, correction: Text | None = None) -> Edition:
    """A published edition of day one."""
    return Edition(
        kind="day",
        day=1,
        version=2 if correction else 1,
        expo=Text("معرض الابتكار التجريبي", "Innovation Expo (sample)"),
        heading=Text("نتائج اليوم الأول", "Results of day one"),
        published_at=datetime(2017, 4, 17, 14, 30, tzinfo=UTC),
        correction=correction,
        replaces=1 if correction else None,
        contests=contests or (contest(),),
        on=date(2017, 4, 17),
    )
