"""Editions of a bulletin as tests need them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from expo.words import Text
from sessions.bulletin.edition import (
    Edition,
    EditionContest,
    EditionGroup,
    EditionPlace,
    NotHeld,
)

EVENING = datetime(2017, 4, 17, 14, 0, tzinfo=UTC)


def both(text: str) -> Text:
    """A text that differs in the two languages."""
    return Text(f"{text} ع", text)


def place(rank: int, title: str, support: int = 500, **more: Any) -> EditionPlace:
    """An option in its place."""
    return EditionPlace(
        rank, more.pop("is_shared", False), both(title), both("DEWA"), support, 2, 0, 1, **more
    )


def contest(name: str = "khda", *places: EditionPlace, ballots: int = 40) -> EditionContest:
    """A contest; two places unless others are named."""
    found = places or (place(1, "Solar", 700), place(2, "Water", 300))
    said = {"ar": ("فازت الشمس.", "بعدها الماء."), "en": ("Solar is first.", "Water follows.")}
    groups = (EditionGroup("employees", both("Employees"), ballots, 1000, "counted"),)
    return EditionContest(
        name, both(f"Contest {name}"), f"/results/{name}", 1, ballots, "ranked_pairs", said,  # type: ignore[arg-type]  # the keys are languages
        found, groups, "ab" * 32, 12,
    )  # fmt: skip


def edition(*contests: EditionContest, version: int = 1, **more: Any) -> Edition:
    """A published edition of the first day."""
    found = Edition(
        kind="day",
        day=1,
        version=version,
        expo=both("Expo"),
        heading=both("Results of day 1"),
        published_at=EVENING + timedelta(hours=version),
        correction=both("A title was wrong") if version > 1 else None,
        replaces=version - 1 if version > 1 else None,
        contests=contests or (contest(),),
        introduction=both("A good day"),
        on=date(2017, 4, 17),
        not_held=(NotHeld("rta", both("RTA"), 1),),
    )
    return msgspec.structs.replace(found, **more)
