"""A proposal in the programme: where it may go, and what the programme then says about it. Pure."""

from collections.abc import Mapping

import msgspec

from expo.catalogue.proposals.values import Proposal
from expo.catalogue.values import Initiative
from expo.errors import N_, BadRequest, Refusal
from expo.words import Text
from sessions.programme import Programme, Session
from voting.contests import MOST_OPTIONS, Contest, Phase


class SessionFull(Refusal):
    """The session's contest has as many options as can be ranked with care; ``most`` says how many."""

    code = N_("session-full")
    status = 409


class Place(msgspec.Struct, frozen=True):
    """A session a proposal may be put in; ``is_own`` when it belongs to the proposal's entity."""

    session: Session
    day: int
    is_own: bool


def initiative_of(proposal: Proposal) -> Initiative:
    """What the programme says about a proposal: its own words, under its own id.

    A schedule has every text in both languages and on one line, so that it can be written to a file
    and read again: what is not translated stands there in the other language.
    """
    content = proposal.content
    return Initiative(
        id=proposal.id,
        entity=proposal.entity,
        title=_whole(content.title),
        short=_whole(content.short),
        summary=_whole(content.summary),
        problem=_whole(content.problem),
        proposal=_whole(content.proposal),
        benefit=_whole(content.benefit),
        services=tuple(_whole(service) for service in content.services),
        model_stages=content.model_stages,
    )


def _whole(text: Text) -> Text:
    return Text(ar=" ".join(text.in_("ar").split()), en=" ".join(text.in_("en").split()))


def places(
    programme: Programme, contests: Mapping[str, Contest], proposal: Proposal
) -> tuple[Place, ...]:
    """Where the proposal may go: sessions of its entity, or of none, whose contest asks nothing yet.

    Args:
        programme: In force.
        contests: Session id → its contest, where it has one.
        proposal: The one to be placed.
    """
    found = []
    for day in programme.days:
        for session in day.sessions:
            contest = contests.get(session.id)
            is_free = contest is None or contest.phase is Phase.DRAFT
            fits = session.entity in {None, proposal.entity}
            has_room = session.final is None and len(session.initiatives) < MOST_OPTIONS
            if is_free and fits and has_room:
                found.append(Place(session, day.n, session.entity == proposal.entity))
    return tuple(sorted(found, key=lambda one: not one.is_own))


def placed(programme: Programme, proposal: Proposal, session_id: str) -> Programme:
    """The programme with the proposal as the last initiative of a session.

    Raises:
        BadRequest: There is no such session.
        SessionFull: Its contest has enough options.
    """
    session = programme.session(session_id)
    if session is None or session.final is not None:
        raise BadRequest(what="session")
    if proposal.id in session.initiatives:
        return programme
    if len(session.initiatives) >= MOST_OPTIONS:
        raise SessionFull(most=MOST_OPTIONS)
    grown = msgspec.structs.replace(session, initiatives=(*session.initiatives, proposal.id))
    days = tuple(
        msgspec.structs.replace(
            day, sessions=tuple(grown if one.id == session_id else one for one in day.sessions)
        )
        for day in programme.days
    )
    others = tuple(one for one in programme.initiatives if one.id != proposal.id)
    return msgspec.structs.replace(
        programme, days=days, initiatives=(*others, initiative_of(proposal))
    )


def renewed(programme: Programme, proposal: Proposal) -> Programme:
    """The programme with what the proposal says now, where it is in it."""
    ours = initiative_of(proposal)
    kept = tuple(ours if one.id == proposal.id else one for one in programme.initiatives)
    return msgspec.structs.replace(programme, initiatives=kept)


def differs(programme: Programme, proposal: Proposal) -> bool:
    """Whether the programme says something else about the proposal than the proposal itself."""
    found = programme.initiative(proposal.id)
    return found is not None and found != initiative_of(proposal)
