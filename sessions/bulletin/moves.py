"""What can happen to a bulletin inside somebody else's transaction: written, moved, published.

Each takes the day's newest version, so two organisers come one after the other, and the revision the
mover saw, so they cannot both act on the same picture. Every step is a line of the staff log.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from expo.db import Tx, one_at_a_time
from expo.errors import N_, NotFound, StaleVersion
from expo.identity.people import Person
from expo.record import canonical, notes
from expo.record import store as staff_log
from expo.record.lines import Facts
from expo.words import LANGUAGES, Language
from sessions.bulletin import files, store
from sessions.bulletin.building import contests_of, is_same, not_held_of
from sessions.bulletin.checks import BulletinBlocked, Reason, Standing, reasons
from sessions.bulletin.edition import Edition
from sessions.bulletin.states import State, Step, after, check_editable
from sessions.bulletin.values import (
    Bulletin,
    Words,
    check_reviewer,
    check_two_people,
    check_words,
    cleaned,
    joined,
    name_of,
)
from voting import store as contests
from voting.integrity.review import Reviewer
from voting.result_views import Translate

BEGUN: Final = N_("begin-bulletin")
WRITTEN: Final = N_("edit-bulletin")
SENT: Final = N_("send-bulletin")
TAKEN_BACK: Final = N_("return-bulletin")
REVIEWED: Final = N_("review-bulletin")
SCHEDULED: Final = N_("schedule-bulletin")
PUBLISHED: Final = N_("publish-bulletin")
AMENDED: Final = N_("amend-bulletin")
_AS_IS: Final[Mapping[Language, Translate]] = dict.fromkeys(LANGUAGES, str)


class By(msgspec.Struct, frozen=True):
    """Who acts when, as far as it tells people apart; nobody where the clock or an operator does."""

    at: datetime
    person: Person | None = None
    reviewer: Reviewer | None = None


class Press(msgspec.Struct, frozen=True):
    """What a publication is signed with, and the public address in front of its files."""

    public_url: str
    key: notes.Signs


# --- looking ---


async def standings(tx: Tx, day: int) -> tuple[Standing, ...]:
    """The contests of a day as the database has them, by id."""
    found = [one for one in await contests.contests(tx) if one.day == day]
    return tuple(
        [
            Standing(one, await contests.result(tx, one.id), await contests.count_held(tx, one.id))
            for one in sorted(found, key=lambda one: one.id)
        ]
    )


async def held(tx: Tx, day: int, revision: int | None, *, hold: bool = True) -> Bulletin:
    """The day's newest version; ``hold`` keeps it from others until the transaction ends.

    Raises:
        NotFound: The day has none.
        StaleVersion: It is not as the mover saw it; None: whatever they saw.
    """
    found = await store.newest(tx, day, hold=hold)
    if found is None:
        raise NotFound
    if revision not in {None, found.revision}:
        raise StaleVersion(version=found.revision, state=found.state.value)
    return found


# --- writing ---


async def begin(tx: Tx, by: By, writer: Reviewer, day: int, words: Words) -> Bulletin:
    """The day's draft: a first one, or the correction of what is published; the one there is, if any.

    Args:
        tx: The caller's transaction.
        by: Who begins it.
        writer: The same, for telling people apart.
        day: Of the expo.
        words: To begin with; a correction begins with what it corrects.
    """
    await one_at_a_time(tx, f"bulletin {day}")
    known = await store.newest(tx, day, hold=True)
    if known is not None and known.state is not State.PUBLISHED:
        return known
    if known is not None:
        words = Words(known.words.heading, known.words.introduction)
    draft = Bulletin(
        day=day,
        version=known.version + 1 if known else 1,
        state=State.DRAFT,
        revision=1,
        words=words,
        writers=(writer,),
        created_at=by.at,
        saved_at=by.at,
    )
    await store.add(tx, draft)
    await _log(tx, by, BEGUN, draft)
    return draft


async def write(
    tx: Tx, by: By, writer: Reviewer, found: Bulletin, words: Words, embargo_at: datetime | None
) -> Bulletin:
    """The draft with other words; the same words change nothing.

    Raises:
        WrongStep: It is no draft.
        WordsTooLong: One of the texts.
    """
    check_editable(found.state)
    words = cleaned(words)
    if (words, embargo_at) == (found.words, found.embargo_at):
        return found
    writers = joined(found.writers, writer)
    return await _saved(tx, by, WRITTEN, found, words=words, writers=writers, embargo_at=embargo_at)


async def send(tx: Tx, by: By, found: Bulletin, edition: Edition) -> Bulletin:
    """The bulletin with its edition frozen, before a second person.

    Raises:
        WrongStep: It is no draft.
        HeadingMissing, CorrectionMissing: Its words are not complete.
    """
    state = after(found.state, Step.SEND)
    check_words(found)
    return await _saved(tx, by, SENT, found, state=state, edition=edition, sent_at=by.at)


async def back(tx: Tx, by: By, found: Bulletin) -> Bulletin:
    """The bulletin as a draft again; whatever was reviewed counts no more.

    Raises:
        WrongStep: It is a draft, or the public has it.
    """
    state = after(found.state, Step.BACK)
    gone: dict[str, object] = {"edition": None, "sent_at": None, "reviewed_at": None}
    return await _saved(tx, by, TAKEN_BACK, found, state=state, reviewed_by="", **gone)


async def review(tx: Tx, by: By, reviewer: Reviewer, found: Bulletin) -> Bulletin:
    """The bulletin with two people behind it.

    Raises:
        WrongStep: It does not wait for a review.
        SecondPersonNeeded: Whoever reviews wrote in it, or cannot be told from who did.
        BulletinBlocked: Something keeps it back, with every reason.
    """
    state = after(found.state, Step.REVIEW)
    check_reviewer(found, reviewer)
    await _check(tx, found)
    return await _saved(
        tx, by, REVIEWED, found, state=state, reviewed_by=reviewer.person, reviewed_at=by.at
    )


# --- publishing ---


async def release(tx: Tx, by: By, found: Bulletin, press: Press) -> Bulletin:
    """The bulletin on its way: published now, or when its embargo ends.

    Raises:
        WrongStep: It has not been reviewed.
        SecondPersonNeeded: By nobody else.
        BulletinBlocked: Something keeps it back, with every reason.
    """
    if found.embargo_at is None or found.embargo_at <= by.at:
        return await publish(tx, by, found, press)
    state = after(found.state, Step.SCHEDULE)
    check_two_people(found)
    await _check(tx, found)
    return await _saved(tx, by, SCHEDULED, found, state=state)


async def publish(tx: Tx, by: By, found: Bulletin, press: Press) -> Bulletin:
    """The bulletin before the public, signed; its predecessor stays, and says that it was replaced.

    Raises:
        WrongStep, SecondPersonNeeded, BulletinBlocked: As `release`.
    """
    state = after(found.state, Step.PUBLISH)
    check_two_people(found)
    await _check(tx, found)
    if found.edition is None:
        raise BulletinBlocked([Reason("results-changed")])
    at = by.at.replace(microsecond=0)
    edition = msgspec.structs.replace(found.edition, published_at=at)
    body = canonical.encode(files.plain(edition))
    address = f"{press.public_url}{files.permanent(found.day, found.version)}.json"
    text = files.note_text(address, body)
    note = notes.signed(text, files.signer_name(press.public_url), press.key)
    out = msgspec.structs.replace(
        found,
        state=state,
        revision=found.revision + 1,
        edition=edition,
        published_at=at,
        saved_at=by.at,
        writers=tuple(Reviewer(one.person, "", "", frozenset()) for one in found.writers),
    )
    await one_at_a_time(tx, "publish a bulletin")  # publications have serial numbers
    await store.publish(tx, out, body.decode(), note)
    await _log(tx, by, PUBLISHED, out)
    if edition.replaces is not None:
        await _supersede(tx, by, out, edition.replaces)
    return out


async def _supersede(tx: Tx, by: By, successor: Bulletin, version: int) -> None:
    """Nothing is taken away: the old version keeps its address and its files."""
    after(State.PUBLISHED, Step.SUPERSEDE)
    await store.supersede(tx, successor.day, version)
    facts: Facts = {"successor": successor.name}
    subject = name_of(successor.day, version)
    await staff_log.append(
        tx, at=by.at, actor=by.person, action=AMENDED, subject=subject, facts=facts
    )


async def _check(tx: Tx, found: Bulletin) -> None:
    """Nothing, if nothing of the day is undecided and the edition says what the results say."""
    day = await standings(tx, found.day)
    kept_back = reasons(day)
    if not kept_back and (
        found.edition is None
        or not is_same(found.edition, contests_of(day, {}, _AS_IS), not_held_of(day))
    ):
        kept_back = (Reason("results-changed"),)
    if kept_back:
        raise BulletinBlocked(kept_back)


async def _saved(tx: Tx, by: By, action: str, found: Bulletin, **changes: object) -> Bulletin:
    saved = msgspec.structs.replace(found, revision=found.revision + 1, saved_at=by.at, **changes)
    await store.put(tx, saved)
    await _log(tx, by, action, saved)
    return saved


async def _log(tx: Tx, by: By, action: str, bulletin: Bulletin) -> None:
    facts: Facts = {"day": bulletin.day, "version": bulletin.version}
    if bulletin.embargo_at is not None and action in {SCHEDULED, WRITTEN}:
        facts["embargo"] = bulletin.embargo_at.isoformat()
    await staff_log.append(
        tx, at=by.at, actor=by.person, action=action, subject=bulletin.name, facts=facts
    )
