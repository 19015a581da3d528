"""The control room as one value: rundown, contest with its moves, screens, counts and log. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from sessions.board import Board
from sessions.cues import cues_from, scene_now, scenes_for
from sessions.orders import ACTIONS, Kind
from sessions.programme import Day, Session
from sessions.protocol import (
    BoardState,
    ContestControl,
    ContestLine,
    ControlView,
    Counts,
    Operator,
    RundownLine,
    ScreenLine,
    StaffLine,
    StageOrder,
    Undoable,
)
from sessions.stage import Before, Rundown, Stage
from sessions.stage_view import labels
from voting.contests import Contest, Move, Phase, moves_from
from voting.protocol import ContestState

ContestOf = Callable[[str], Contest | None]
"""Session id → its contest."""


class Watched(msgspec.Struct, frozen=True):
    """The contest the control room shows in full."""

    contest: Contest
    state: ContestState
    disputed: bool = False
    held: int = 0


def control_view(
    rundown: Rundown,
    contest_of: ContestOf,
    watched: Watched | None,
    *,
    shown: Board,
    counts: Counts,
    screens: tuple[ScreenLine, ...] = (),
    log: tuple[StaffLine, ...] = (),
    operators: tuple[Operator, ...] = (),
) -> ControlView:
    """Everything an organiser sees at the instant of the board, which has the expected times."""
    at = shown.at
    expected = {row.session.id: row.session for day in shown.days for row in day.rows}
    return ControlView(
        version=rundown.stage.version,
        now_at=at,
        stage=stage_order(rundown, contest_of),
        sessions=tuple(
            _line(rundown, day, session, expected[session.id], contest_of(session.id))
            for day in rundown.programme.days
            for session in day.sessions
        ),
        contest=_contest(watched) if watched else None,
        counts=counts,
        screens=screens,
        log=log,
        late_minutes=shown.late_minutes,
        operators=operators,
        undo=_undoable(rundown.undo, at),
    )


def _undoable(before: Before | None, at: datetime) -> Undoable | None:
    """What can be taken back at an instant."""
    if before is None or at >= before.until_at:
        return None
    return Undoable(ACTIONS[Kind(before.kind)], before.until_at)


def stage_order(rundown: Rundown, contest_of: ContestOf) -> StageOrder:
    """What the stage was told, and what it can be told next."""
    stage = rundown.stage
    contest = contest_of(stage.session) if stage.session else None
    status = rundown.at(stage.session).status if stage.session else None
    phase = contest.phase if contest else None
    visibility = contest.rules.visibility if contest else "hidden"
    scene = scene_now(stage.picked, status, phase, visibility)
    return StageOrder(
        scene=scene,
        auto=scene is not stage.picked,
        session=stage.session,
        contest=stage.contest,
        version=stage.version,
        scenes=scenes_for(phase, visibility),
        held_at=stage.held_at,
        absorbs=stage.absorbs,
    )


def orders_for(contest: Contest, *, disputed: bool = False) -> tuple[str, ...]:
    """What an organiser can order about a contest now, the usual next step first.

    The hard close is the clock's. A disputed count can neither be revealed nor published. The
    announced close may pass at any instant, so ``extend`` is offered only while it can help.
    """
    barred = {Move.HARD_CLOSE} | ({Move.REVIEW, Move.REVEAL, Move.PUBLISH} if disputed else set())
    found = [Kind(move.value) for move in moves_from(contest.phase) if move not in barred]
    if contest.phase is Phase.OPEN:
        found.sort(key=lambda kind: kind is not Kind.CLOSE)
    return tuple(kind.value for kind in found)


def board_state(board: Board, statuses: Mapping[str, str], stage: Stage) -> BoardState:
    """The board as a frame: ids only, the page has the names."""
    sessions = (row.session for row in board.rows)
    return BoardState(
        version=stage.version,
        now=board.now[0].session.id if board.now else None,
        next=board.next[0].session.id if board.next else None,
        statuses={one: str(status) for one, status in statuses.items()},
        day=board.day.day.n,
        mood=board.mood.value,
        late_minutes=board.late_minutes,
        held=stage.held_at is not None,
        times={one.id: (one.starts_at, one.ends_at) for one in sessions},
    )


def _line(
    rundown: Rundown, day: Day, session: Session, expected: Session, contest: Contest | None
) -> RundownLine:
    state = rundown.at(session.id)
    entity = rundown.programme.entity(session.entity)
    return RundownLine(
        id=session.id,
        title=session.title,
        entity=entity.name if entity else None,
        day=day.n,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        status=state.status.value,
        version=state.version,
        cues=tuple(cue.value for cue in cues_from(state.status)),
        code=state.code,
        contest=_contest_line(contest) if contest else None,
        starts_expected_at=expected.starts_at,
        ends_expected_at=expected.ends_at,
        live_at=state.live_at,
        ended_at=state.ended_at,
        added_minutes=state.added_minutes,
    )


def _contest_line(contest: Contest) -> ContestLine:
    return ContestLine(contest.id, contest.phase.value, contest.version, orders_for(contest))


def _contest(watched: Watched) -> ContestControl:
    contest, state = watched.contest, watched.state
    same = {name: getattr(state, name) for name in state.__struct_fields__}
    return ContestControl(
        **same,
        title=contest.title,
        session=contest.subject,
        moves=orders_for(contest, disputed=watched.disputed),
        labels=labels(contest),
        disputed=watched.disputed,
        held=watched.held,
    )
