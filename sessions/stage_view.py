"""What a projector may know: the one place where a stage frame is made.

Suspense is kept here: whatever is handed in, the frame holds only places that have been revealed,
all of them only when the contest is published, and a running order only while it is public. Pure.

Source: experience page S1, "the server sends unrevealed names to nobody".
"""

import msgspec

from sessions.board import Row
from sessions.cues import ASKING, SHOWN, Scene, Status, scene_now
from sessions.protocol import OptionLabel, Reveal, SessionLabel, ShownQuestion, StageState
from sessions.stage import Rundown
from voting.contests import Contest, Phase
from voting.protocol import ContestState, Place, TallyState, Turnout

_REVEALED = frozenset({Phase.REVEALING}) | SHOWN
_ASKING_SCENES = frozenset({Scene.NOW, Scene.TURNOUT})
"""Scenes with room for the audience's question beside what they show."""


class Figures(msgspec.Struct, frozen=True):
    """What is known of the contest on the stage; the tally may be more than the public may see."""

    contest: Contest
    state: ContestState
    turnout: Turnout | None = None
    tally: TallyState | None = None
    root: str | None = None


def stage_state(
    rundown: Rundown,
    figures: Figures | None,
    *,
    upcoming: Row | None,
    day: int,
    site: str,
    late_minutes: int = 0,
) -> StageState:
    """The frame every screen is sent.

    Args:
        rundown: The programme with the times to be expected, and what the organisers did.
        figures: Of the contest on the stage; None where nothing is asked.
        upcoming: The next session to come.
        day: Number of the day the board shows.
        site: Public address without a slash at the end, e.g. ``https://expo.example``.
        late_minutes: How late the show is.
    """
    stage = rundown.stage
    standing = rundown.at(stage.session) if stage.session else None
    scene = _scene(stage.picked, standing.status if standing else None, figures)
    code = _code(rundown, scene, upcoming)
    contest = figures.contest if figures else None
    return StageState(
        version=stage.version,
        scene=scene,
        day=day,
        session=session_label(rundown, stage.session),
        next=session_label(rundown, upcoming.session.id) if upcoming else None,
        code=code,
        url=f"{site}/v/{code}" if code else f"{site}/v",
        contest=_state(figures) if figures else None,
        options=labels(contest) if contest else (),
        turnout=figures.turnout if figures else None,
        tally=_tally(figures) if figures else None,
        reveal=_reveal(figures) if figures else None,
        final=_final(figures) if figures else None,
        root=figures.root if figures else None,
        late_minutes=late_minutes,
        held=stage.held_at is not None,
    )


def with_scene(rundown: Rundown, scene: Scene | None) -> Rundown:
    """As a screen with a scene of its own sees it; where that may not be shown it follows like the others."""
    if scene is None:
        return rundown
    stage = msgspec.structs.replace(rundown.stage, picked=scene)
    return msgspec.structs.replace(rundown, stage=stage)


def with_question(state: StageState, question: ShownQuestion | None) -> StageState:
    """The frame with the audience's question, in scenes that have room for one beside what they show."""
    if question is None or state.scene not in _ASKING_SCENES:
        return state
    return msgspec.structs.replace(state, question=question)


def session_label(rundown: Rundown, session_id: str | None) -> SessionLabel | None:
    """A session as a screen names it; None where the programme does not have it."""
    session = rundown.programme.session(session_id) if session_id else None
    if session is None:
        return None
    entity = rundown.programme.entity(session.entity)
    name = entity.name if entity else None
    return SessionLabel(session.id, session.title, name, session.starts_at, session.ends_at)


def labels(contest: Contest) -> tuple[OptionLabel, ...]:
    """What can be ranked, by name, in the contest's own order."""
    return tuple(
        OptionLabel(one.id, one.title, one.short, one.entity_name, one.sample)
        for one in contest.options
    )


def revealed_places(contest: Contest, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Of places in order of their revelation, those that may be shown: never more than revealed."""
    return places[: contest.revealed] if contest.phase in _REVEALED else ()


def _scene(picked: Scene | None, status: Status | None, figures: Figures | None) -> Scene:
    phase = figures.contest.phase if figures else None
    visibility = figures.contest.rules.visibility if figures else "hidden"
    return scene_now(picked, status, phase, visibility)


def _code(rundown: Rundown, scene: Scene, upcoming: Row | None) -> str | None:
    """The code to scan: of the session on the stage, or of the next one while nothing is."""
    current = rundown.stage.session
    if upcoming is not None and (current is None or scene is Scene.BREAK):
        current = upcoming.session.id
    return rundown.at(current).code if current else None


def _state(figures: Figures) -> ContestState:
    places = revealed_places(figures.contest, figures.state.places)
    return msgspec.structs.replace(figures.state, places=places)


def _tally(figures: Figures) -> TallyState | None:
    is_public = figures.contest.rules.visibility == "live" and figures.contest.phase in ASKING
    return figures.tally if is_public else None


def _reveal(figures: Figures) -> Reveal | None:
    if figures.contest.phase not in _REVEALED:
        return None
    places = revealed_places(figures.contest, figures.state.places)
    return Reveal(figures.state.total_places, places)


def _final(figures: Figures) -> tuple[Place, ...] | None:
    """All places, the first one first, once they are published."""
    if figures.contest.phase not in SHOWN:
        return None
    return tuple(sorted(figures.state.places, key=lambda place: place.rank))
