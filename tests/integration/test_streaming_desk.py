"""The desk for streams: sources in order, wrong ones told at their row, nothing of them in a page as markup."""

from pathlib import Path

import pytest

from expo.rights import Role
from sessions.orders import Kind
from sessions.streams.sources import Stream
from tests.support.forms import seen_in
from tests.support.whole import whole

DESK = "/en/staff/streams"
FORM = f"{DESK}/khda"


def rows(*sources: tuple[str, str, str]) -> dict[str, str]:
    """A form with these rows: provider, address or id, delay."""
    names = ("provider", "where", "delay")
    return {
        f"{name}-{n}": value
        for n, row in enumerate(sources)
        for name, value in zip(names, row, strict=True)
    }


async def test_sources_come_in_force_in_their_order_and_can_be_taken_out(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        form = rows(
            ("own", "", ""),
            ("hls", "https://cdn.example.org/live.m3u8", ""),
            ("", "", ""),
            ("youtube", "https://youtu.be/aqz-KE-bpKQ?t=1", "٢٠"),
            ("facebook", "10153231379946729", ""),
        )
        answer = await organiser.post(FORM, data=form)

        assert answer.status_code == 303, answer.text
        session = house.expo.show.programme.session("khda")
        assert session is not None
        assert session.streams == (
            Stream("own"),
            Stream("hls", url="https://cdn.example.org/live.m3u8"),
            Stream("youtube", id="aqz-KE-bpKQ", delay=20),
            Stream("facebook", id="10153231379946729"),
        )
        page = await organiser.get("/en/session/khda")
        policy = page.headers["content-security-policy"]
        assert "frame-src https://www.youtube-nocookie.com https://www.facebook.com;" in policy
        assert "media-src blob: https://cdn.example.org;" in policy
        assert "Streams changed" in (await organiser.get("/en/staff/log")).text
        assert "aqz-KE-bpKQ" in (await organiser.get(FORM)).text

        assert (await organiser.post(FORM, data=rows(("", "", "")))).status_code == 303
        session = house.expo.show.programme.session("khda")
        assert session is not None
        assert session.streams == ()


async def test_two_organisers_never_overwrite_each_others_sources_unseen(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        first, second = [await house.person(Role.ORGANISER, one) for one in ("a", "b")]
        seen = seen_in(await first.get(FORM))
        mine = rows(("vimeo", "123456789", "")) | {"seen": seen}
        assert (await first.post(FORM, data=mine)).status_code == 303

        other = rows(("facebook", "10153231379946729", "")) | {"seen": seen}
        late = await second.post(FORM, data=other)
        assert late.status_code == 409
        assert "123456789" in late.text  # what stands there now
        assert 'value="10153231379946729"' in late.text  # and what was typed
        session = house.expo.show.programme.session("khda")
        assert session is not None
        assert session.streams == (Stream("vimeo", id="123456789"),)

        now = seen_in(late)
        assert (await second.post(FORM, data=other | {"seen": now})).status_code == 303


async def test_sources_change_while_ballots_come_in(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        await house.order(Kind.START, "khda")
        await house.order(Kind.OPEN, "khda")
        before = house.expo.show.contest("khda")

        answer = await organiser.post(FORM, data=rows(("vimeo", "123456789", "")))

        assert answer.status_code == 303, answer.text
        assert house.expo.show.contest("khda") == before
        assert "player.vimeo.com" in (await organiser.get("/ar/session/khda")).text


@pytest.mark.parametrize(
    ("provider", "where"),
    [
        ("hls", "javascript:alert(1)//.m3u8"),
        ("hls", "data:text/html,<script>.m3u8"),
        ("hls", "https://10.0.0.1/live.m3u8"),
        ("hls", "https://nas.local/live.m3u8"),
        ("hls", "https://localhost/live.m3u8"),
        ("hls", "https://cdn.example.org/'x\";script-src *.m3u8"),
        ("youtube", '"><script>alert(1)</script>'),
        ("youtube", "aqz-KE-bpK'"),
        ("youtube", "https://evil.example/watch?v=aqz-KE-bpKQ"),
        ("vimeo", "https://vimeo.com.evil.example/123456789"),
        ("facebook", "<iframe src=x></iframe>"),
        ("link", "https://evil.example/"),
        ("own", "main"),
        ("", "aqz-KE-bpKQ"),
        ("made-up", "x"),
    ],
)
async def test_hostile_source_is_told_at_its_row_and_changes_nothing(
    tmp_path: Path, provider: str, where: str
) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        form = rows(("vimeo", "123456789", ""), (provider, where, ""))

        answer = await organiser.post(FORM, data=form)

        assert answer.status_code == 422
        assert 'id="row-1-wrong"' in answer.text
        assert "<script>alert" not in answer.text
        assert "<iframe" not in answer.text
        session = house.expo.show.programme.session("khda")
        assert session is not None
        assert session.streams == ()


async def test_desk_is_for_those_who_manage_the_expo(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        organiser = await house.person(Role.ORGANISER)
        assert (await organiser.get(DESK)).status_code == 200
        assert (await organiser.get(f"{DESK}/nowhere")).status_code == 404
        for role in (Role.PUBLIC, Role.EMPLOYEE, Role.MODERATOR):
            other = await house.person(role)
            assert (await other.get(FORM)).status_code == 403
            assert (await other.post(FORM, data=rows())).status_code == 403
