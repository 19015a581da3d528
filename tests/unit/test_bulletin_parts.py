"""Parts of the bulletin that need no database: changes, files, feeds, links, blocked reasons."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from xml.etree.ElementTree import Element, fromstring

import msgspec
import pytest

from expo.record import canonical, notes
from expo.record.signing import SigningKey
from expo.web.translations import sentence
from expo.words import Language, Text
from sessions.bulletin import files
from sessions.bulletin.changes import changes
from sessions.bulletin.checks import BulletinBlocked, Standing, reasons, told
from sessions.bulletin.edition import Edition
from sessions.bulletin.feeds import Entry, Feed, atom
from sessions.bulletin.printing.usecases import Prints
from sessions.bulletin.shown import Kept, Shown
from sessions.bulletin.steady import SETTLING, Steadiness
from sessions.bulletin.subscribing.subscribers import MOST_A_DAY, Subscriber, asked_again, is_over
from sessions.bulletin.subscribing.tokens import subscriber_in, token
from tests.support.contests import contest as a_contest
from tests.support.day_editions import EVENING, both, contest, edition, place
from voting.contests import Phase
from voting.methods.tally import Tally
from voting.results import freeze

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"
SITE = "https://expo.example"
SECOND = timedelta(seconds=1)


def feed(language: str | None = None) -> Feed:
    """What the feed of a small expo is about."""
    about = Feed(SITE, both("Expo"), both("Daily bulletin"), both("Correction"))
    return msgspec.structs.replace(about, language=language)


def parsed(document: bytes) -> Element:
    """The feed as a reader sees it."""
    return fromstring(document)  # noqa: S314 - our own


def subscriber(**more: object) -> Subscriber:
    """Somebody who has just asked."""
    one = Subscriber("0123456789ab", "a@b.example", "a@b.example", "en", EVENING, EVENING)
    return msgspec.structs.replace(one, **more)


# --- files ---


def test_an_edition_survives_its_canonical_json() -> None:
    one = edition()

    body = canonical.encode(files.plain(one))

    assert files.read(canonical.decode(body)) == one


def test_the_note_names_address_and_bytes_and_is_signed_under_the_host() -> None:
    body = canonical.encode(files.plain(edition()))
    key = SigningKey(b"\7" * 32)
    address = f"{SITE}{files.permanent(1, 1)}.json"

    note = notes.signed(files.note_text(address, body), files.signer_name(SITE), key)

    opened = notes.opened(note, notes.VKey("expo.example/bulletin", key.public))
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert opened == f"sawt-bulletin/v1\nhttps://expo.example/bulletin/day/1/v1.json\n{digest}\n"
    with pytest.raises(notes.BadNote):
        notes.opened(note, notes.VKey("expo.example/receipts", key.public))


def test_the_spreadsheet_has_a_mark_and_no_formula() -> None:
    nasty = place(1, "=HYPERLINK()")

    text = files.as_csv(edition(contest("khda", nasty))).decode("utf-8")

    assert text.startswith("\ufeffday,version,contest")
    assert ",'=HYPERLINK()," in text
    assert text.splitlines()[1].startswith("1,1,khda,")


# --- feeds ---


@pytest.mark.parametrize("language", [None, "ar", "en"])
def test_a_feed_has_everything_atom_asks_for(language: str | None) -> None:
    corrected = edition(version=2)

    root = parsed(atom(feed(language), [Entry(corrected, EVENING)]))

    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated", "author"):
        assert len(root.findall(f"{ATOM}{name}")) == 1, name
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == f"{SITE}/bulletin/day/1"
    assert entry.findtext(f"{ATOM}published") == "2017-04-17T14:00:00Z"
    assert entry.findtext(f"{ATOM}updated") == "2017-04-17T16:00:00Z"
    parts = entry.findall(f"{ATOM}content/{XHTML}div/{XHTML}div")
    assert [one.get("dir") for one in parts] == {
        None: ["rtl", "ltr"],
        "ar": ["rtl"],
        "en": ["ltr"],
    }[language]
    said = "".join(entry.itertext())
    assert ("Solar is first." in said) == (language != "ar")
    assert ("فازت الشمس." in said) == (language != "en")


def test_a_feed_of_nothing_and_a_feed_of_hostile_words_are_read() -> None:
    hostile = edition(heading=Text("</title><script>", "]]> & <b>"))

    assert parsed(atom(feed("en"), [])).findall(f"{ATOM}entry") == []
    root = parsed(atom(feed("en"), [Entry(hostile, EVENING)]))

    assert root.findtext(f"{ATOM}entry/{ATOM}title") == "]]> & <b>"


# --- corrections ---


def test_a_correction_lists_old_and_new() -> None:
    old = edition(contest("khda", place(1, "Solar", 700), place(2, "Water", 300)), contest("dha"))
    new = edition(
        contest("khda", place(1, "Water", 600), place(2, "Solar", 300), ballots=41),
        contest("rta"),
        version=2,
        heading=both("Day 1, corrected"),
        not_held=(),
    )

    found = {(one.what, one.about.en): (one.old.en, one.new.en) for one in changes(old, new)}

    assert found == {
        ("heading", ""): ("Results of day 1", "Day 1, corrected"),
        ("ballots", "Contest khda"): ("40", "41"),
        ("rank", "Water"): ("2", "1"),
        ("support", "Water"): ("30.0%", "60.0%"),
        ("rank", "Solar"): ("1", "2"),
        ("support", "Solar"): ("70.0%", "30.0%"),
        ("removed", "Contest dha"): ("Contest dha", ""),
        ("added", "Contest rta"): ("", "Contest rta"),
    }


def test_the_newest_version_is_shown_and_none_is_lost() -> None:
    first, second = edition(), edition(contest("dha"), version=2)
    shown = Shown([Kept(first, "{}", "", 1), Kept(second, "{}", "", 2)])

    whole = shown.whole(both("Expo"), both("All"))

    assert shown.edition(1) == second
    assert shown.version(1, 1) is not None
    assert shown.contest("khda") is None
    assert whole is not None
    assert [one.id for one in whole.contests] == ["dha"]
    assert whole.version == 2
    assert [entry.first_at for entry in shown.entries()] == [first.published_at]


# --- the clock ---


def test_a_contest_is_called_corrected_only_if_its_own_result_was() -> None:
    first = edition(contest("khda"), contest("dewa"))
    second = edition(contest("khda", ballots=41), contest("dewa"), contest("rta"), version=2)
    third = edition(*second.contests, version=3)
    shown = Shown([Kept(one, "{}", "", one.version) for one in (first, second, third)])
    about = {one: shown.about(one) for one in ("khda", "dewa", "rta")}
    assert [bool(one and one.correction) for one in about.values()] == [True, False, False]
    assert shown.about("nothing") is None


def test_a_steady_clock_is_believed_and_a_jump_only_when_it_lasts() -> None:
    clock = Steadiness()

    assert clock.is_steady(EVENING, 100.0)
    assert clock.is_steady(EVENING + SECOND, 101.0)
    assert not clock.is_steady(EVENING + timedelta(hours=1), 101.5), "jumped ahead"
    assert not clock.is_steady(EVENING + timedelta(hours=1, seconds=1), 102.5)
    assert clock.is_steady(EVENING + timedelta(hours=1, seconds=2), 101.5 + SETTLING)


def test_a_clock_that_jumps_ahead_and_back_is_never_believed_in_between() -> None:
    clock = Steadiness()
    clock.is_steady(EVENING, 0.0)

    believed = [
        clock.is_steady(EVENING + timedelta(hours=1), 0.5),
        clock.is_steady(EVENING + timedelta(hours=1, seconds=1), 1.5),
    ]
    back = clock.is_steady(EVENING + 3 * SECOND, 4.0)

    assert believed == [False, False]
    assert back


# --- subscriptions ---


def test_a_link_opens_only_what_it_was_made_for() -> None:
    link = token("0123456789ab", "end", "secret")

    assert subscriber_in(link, "end", ("newer", "secret")) == "0123456789ab"
    assert subscriber_in(link, "confirm", ("secret",)) is None
    assert subscriber_in(link, "end", ("other",)) is None
    for broken in ("", ".", link[:-1], f"{link}A", link.replace("0", "1", 1), "a" * 3000, "é.é"):
        assert subscriber_in(broken, "end", ("secret",)) is None, broken


def test_a_mailbox_gets_few_letters_a_day_and_none_within_a_minute() -> None:
    one, at = subscriber(), EVENING
    assert asked_again(one, "en", at + timedelta(seconds=59)) is None

    for _ in range(MOST_A_DAY - 1):
        at += timedelta(minutes=2)
        again = asked_again(one, "ar", at)
        assert again is not None
        one = again

    assert one.language == "ar"
    assert asked_again(one, "en", at + timedelta(minutes=2)) is None
    fresh = asked_again(one, "en", EVENING + timedelta(hours=24))
    assert fresh is not None
    assert fresh.asked == 1


def test_whoever_never_confirms_is_forgotten() -> None:
    assert not is_over(subscriber(), EVENING + timedelta(hours=23))
    assert is_over(subscriber(), EVENING + timedelta(hours=24))
    assert not is_over(subscriber(confirmed_at=EVENING), EVENING + timedelta(days=400))


# --- what keeps it back ---


def test_every_reason_is_named_and_a_contest_that_never_opened_is_none() -> None:
    opened = msgspec.structs.replace(a_contest(), opened_at=EVENING, phase=Phase.PUBLISHED)
    groups = [one.id for one in opened.electorates]
    nothing = Tally([one.id for one in opened.options], groups, ballots=True)
    result = freeze(opened, nothing, position=1, at=EVENING, disputed=True)
    waiting = msgspec.structs.replace(opened, id="s2", phase=Phase.CLOSED)
    never = msgspec.structs.replace(opened, id="s3", opened_at=None, phase=Phase.READY)

    found = reasons(
        [Standing(waiting, None, 3), Standing(opened, result, 2), Standing(never, None, 0)]
    )

    # The two of the published contest stay held by the word of whoever approved it.
    assert [(one.why, one.contest, one.n) for one in found] == [
        ("held-undecided", "s2", 3),
        ("no-published-result", "s2", 0),
        ("disputed-recount", "s1", 0),
    ]
    blocked = BulletinBlocked(found)
    assert blocked.facts["reasons"] == 3
    assert blocked.facts["named"] == (
        "held-undecided s2, no-published-result s2, disputed-recount s1"
    )
    assert told(found[0], "en", sentence).endswith(": 3")


# --- documents and cards ---


async def test_each_print_is_made_once_and_kept_as_long_as_there_is_room() -> None:
    made: list[str] = []

    async def pdf(edition: Edition, language: Language) -> bytes:
        made.append(f"{edition.version} {language}")
        await asyncio.sleep(0)
        return b"%PDF" + bytes(100)

    async def card(_edition: Edition, contest_id: str | None, _shape: str, _code: str) -> bytes:
        made.append(f"card {contest_id}")
        return bytes(100)

    prints, first, second = Prints(pdf, card, most_bytes=250), edition(), edition(version=2)

    one, other = await asyncio.gather(prints.pdf(first, "ar"), prints.pdf(first, "ar"))
    assert one == other
    assert made == ["1 ar"], "whoever asks meanwhile waits for the same"
    await prints.pdf(second, "ar")
    await prints.card(first, "khda", "wide", "ar")  # no room for three
    await prints.pdf(second, "ar")
    await prints.pdf(first, "ar")

    assert made == ["1 ar", "2 ar", "card khda", "1 ar"]
