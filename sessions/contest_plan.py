"""The contest a session of the programme asks for: its options, voters and rules. Pure."""

import msgspec

from expo.catalogue.values import Initiative
from expo.errors import N_, Refusal
from expo.words import Text
from sessions.programme import Day, Programme, Session
from voting.contests import MOST_OPTIONS, Contest, ContestId, Option

FEWEST_OPTIONS = 2  # with one there is nothing to rank


class NotReady(Refusal):
    """The contest cannot be put to the audience yet; ``problem`` says why."""

    code = N_("contest-not-ready")
    status = 409


def contest_of(programme: Programme, day: Day, session: Session) -> Contest | None:
    """What this session asks the audience, as a draft; None where it asks nothing.

    There is one contest for each session with initiatives, so it carries the session's id. The
    contest of a final has no options before results give them.
    """
    if not session.asks:
        return None
    initiatives = programme.options_of(session)
    ways = session.voting or programme.voting
    return Contest(
        id=ContestId(session.id),
        subject=session.id,
        href=f"/session/{session.id}",
        title=session.title,
        day=day.n,
        options=tuple(_option(programme, one) for one in initiatives),
        electorates=tuple(group.in_contest() for group in programme.electorates),
        rules=ways.rules_for(len(initiatives)),
        sample=any(one.sample for one in initiatives),
        stations=ways.stations,
    )


def contests_of(programme: Programme) -> tuple[Contest, ...]:
    """What the whole programme asks, in the order of the days."""
    drafts = (contest_of(programme, day, one) for day in programme.days for one in day.sessions)
    return tuple(draft for draft in drafts if draft is not None)


def with_options(
    programme: Programme, session: Session, contest: Contest, options: tuple[Option, ...]
) -> Contest:
    """The contest with other options, and with the rules for so many."""
    ways = session.voting or programme.voting
    return msgspec.structs.replace(
        contest,
        options=options,
        rules=ways.rules_for(len(options)),
        sample=any(one.sample for one in options),
    )


def is_same_question(one: Contest, other: Contest) -> bool:
    """Whether two contests ask the same of the same people in the same way."""
    return _question(one) == _question(other)


def problem(contest: Contest) -> str | None:
    """Why a contest cannot be put to the audience, as a code; None when all checks are green."""
    if len(contest.options) < FEWEST_OPTIONS:
        return "too-few-options"
    if len(contest.options) > MOST_OPTIONS:
        return "too-many-options"
    if not any(group.weight > 0 for group in contest.electorates):
        return "no-electorate"
    return None


def check(contest: Contest) -> None:
    """Look whether a contest can be put to the audience.

    Raises:
        NotReady: It cannot.
    """
    found = problem(contest)
    if found is not None:
        raise NotReady(problem=found)


def _option(programme: Programme, initiative: Initiative) -> Option:
    entity = programme.entity(initiative.entity)
    return Option(
        id=initiative.id,
        title=initiative.title,
        short=initiative.short,
        summary=initiative.summary,
        entity=initiative.entity,
        entity_name=entity.name if entity else Text("", ""),
        href=f"/initiative/{initiative.id}",
        sample=initiative.sample,
    )


def _question(contest: Contest) -> tuple[object, ...]:
    return (
        contest.subject,
        contest.title,
        contest.day,
        contest.options,
        contest.electorates,
        contest.rules,
        contest.stations,
    )
