"""Streams in a real browser: consent, fall-over, and the ballot that waits for the picture."""

import re
from collections.abc import Iterator
from time import time

import pytest
from playwright.sync_api import Browser, Page, expect

from sessions.orders import Kind
from tests.support.browsing import ARGS, CHROMIUM, PHONE, Browsing, Person, browsing
from tests.support.clock_stream import ADDRESS, HOST, READ_CLOCK, Stream, streaming
from tests.support.inspection import barriers, faults
from tests.support.show import SESSION, Running, real_schedule, running
from voting.contests import Phase

pytestmark = pytest.mark.timeout(180)
_BEHIND = re.compile(r"The picture is \d+ s behind the hall")
VIDEO = "aqz-KE-bpKQ"
PATH = f"/en/session/{SESSION}"
_WATCHING = f"""() => {{
  const video = document.querySelector('.player video'), ballot = document.getElementById('ballot');
  const clock = {READ_CLOCK};
  window.seen = {{}};
  new MutationObserver(() => {{
    window.seen[ballot.dataset.state] ??= clock(video);
  }}).observe(ballot, {{ attributes: true, attributeFilter: ['data-state'] }});
}}"""


def schedule(*streams: str) -> str:
    """The real programme with these streams in its first session."""
    old = '        entity: khda\n        starts: "08:30"'
    return real_schedule((old, f"        streams: [{', '.join(streams)}]\n{old}"))


YOUTUBE = f"{{provider: youtube, id: {VIDEO}}}"
HLS = f'{{provider: hls, url: "{ADDRESS}"}}'


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(schedule("{provider: own}", HLS, YOUTUBE)) as found:
        yield found


@pytest.fixture(scope="module")
def stream(show: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with streaming(tmp_path_factory.mktemp("stream"), 170, lambda: show.now) as found:
        yield found


@pytest.fixture(scope="module")
def viewers(browser: Browser, stream: Stream) -> Iterator[Browsing]:
    """People whose browsers know where the stream's host is, and nothing beyond this machine."""
    rules = f"MAP {HOST}:443 127.0.0.1:{stream.port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    args = [*ARGS, f"--host-resolver-rules={rules}", "--ignore-certificate-errors"]
    found = browser.browser_type.launch(executable_path=CHROMIUM, args=args)
    with browsing(found) as people:
        yield people
    found.close()


def watching(viewers: Browsing, show: Running, size: tuple[int, int] = PHONE) -> Person:
    """Somebody on the session's page whose stream plays and tells the hall's time."""
    person = viewers.person(show, size=size)
    page = person.visit(PATH)
    assert person.watch.faults() == []
    page.get_by_text("Watch the stream", exact=True).click()
    page.get_by_role("button", name=f"Play here: {HOST}").click()
    page.wait_for_function("() => document.querySelector('.player video')?.currentTime > 0.5")
    expect(page.locator("[data-behind]")).to_have_text(_BEHIND)
    return person


def in_picture(page: Page, stream: Stream, state: str) -> float:
    """The hall's time in the picture, in seconds since 1970, when the ballot became this."""
    page.wait_for_function(f"() => window.seen['{state}'] !== undefined", timeout=60_000)
    return stream.began_at.timestamp() + float(page.evaluate(f"window.seen['{state}']"))


def test_ballot_opens_and_closes_when_the_picture_reaches_the_cue(
    viewers: Browsing, show: Running, stream: Stream
) -> None:
    show.begin()
    person = watching(viewers, show)
    page = person.page
    page.evaluate(_WATCHING)
    still = watching(viewers, show).page
    still.locator("video").evaluate("video => video.pause()")

    show.order(Kind.OPEN)
    pressed = show.now.timestamp()
    opened_at = show.contest().opened_at
    assert opened_at is not None
    shown = in_picture(page, stream, "open")
    assert abs(shown - opened_at.timestamp()) <= 0.5
    assert show.now.timestamp() - pressed > 1.5  # the picture is that far behind at least

    # A picture that stands still keeps nobody from voting.
    expect(still.locator(".waits")).to_be_visible()
    expect(still.locator("#ballot")).to_have_attribute("data-state", "before")
    still.get_by_role("button", name="Go to the ballot").click()
    expect(still.locator("#ballot")).to_have_attribute("data-state", "open")

    show.order(Kind.CLOSE)
    closed = show.contest()
    assert closed.closes_at is not None
    assert abs(in_picture(page, stream, "closing") - closed.closes_at.timestamp()) <= 0.5
    strange = [one for one in person.watch.faults() if HOST not in one]
    assert strange == []


def test_nothing_is_asked_of_others_before_consent_and_memory_is_by_provider(
    viewers: Browsing, show: Running, stream: Stream
) -> None:
    person = viewers.person(show)
    page = person.visit(PATH)
    page.get_by_text("Watch the stream", exact=True).click()
    expect(page.get_by_role("button", name=f"Play here: {HOST}")).to_be_visible()
    page.wait_for_timeout(500)
    assert person.watch.faults() == []
    assert page.locator("iframe, video").count() == 0

    page.get_by_label("Do not ask again on this device").check()
    page.get_by_role("button", name="Play here: YouTube").click()
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("referrerpolicy", "strict-origin-when-cross-origin")
    expect(frame).to_have_attribute("title", "YouTube")
    asked = {one.url.split("/")[2] for one in person.watch.requests}
    assert "www.youtube-nocookie.com" in asked
    assert HOST not in asked  # consent is for one of them

    kept = page.evaluate("() => JSON.parse(localStorage.getItem('sawt.watching')).allowed")
    assert kept == ["youtube"]
    page.get_by_role("button", name="I am in the hall: no video").click()
    expect(page.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, (1280, 800)])
def test_watching_has_no_barriers(
    viewers: Browsing, show: Running, stream: Stream, size: tuple[int, int]
) -> None:
    page = watching(viewers, show, size).page
    assert [*barriers(page), *faults(page, "en")] == []
    page.get_by_role("button", name="Sound only").click()
    assert [*barriers(page), *faults(page, "en")] == []
    arabic = viewers.person(show, lang="ar", size=size).visit(f"/ar/session/{SESSION}")
    arabic.get_by_text("شاهد البث", exact=True).click()
    assert [*barriers(arabic), *faults(arabic, "ar")] == []


def test_stream_that_stops_says_so_and_the_next_one_follows(
    viewers: Browsing, show: Running, stream: Stream
) -> None:
    person = watching(viewers, show)
    page = person.page
    stream.is_broken = True
    try:
        told = page.get_by_text("The stream stopped. Voting still works.").first
        expect(told).to_be_visible(timeout=60_000)
        expect(page.locator("video")).to_have_count(0)  # no consent for YouTube: it is asked for
        expect(page.get_by_role("button", name="Play here: YouTube")).to_be_visible()
        expect(page.locator("#ballot")).to_be_visible()
        assert [*barriers(page), *faults(page, "en")] == []
    finally:
        stream.is_broken = False


def test_policy_names_the_streams_of_its_page_alone(viewers: Browsing, show: Running) -> None:
    door = viewers.person(show).context.request
    streamed, other, schedule_page = (
        door.get(show.url + path).headers["content-security-policy"]
        for path in (PATH, "/en/session/trakhees", "/en/schedule")
    )
    assert "frame-src https://www.youtube-nocookie.com;" in streamed
    assert "connect-src 'self' " in streamed
    assert f"https://{HOST}; frame-src" in streamed
    assert f"media-src blob: https://{HOST};" in streamed
    for policy in (other, schedule_page):
        assert "frame-src 'none';" in policy
        assert "media-src" not in policy
        assert HOST not in policy


def test_session_that_ends_takes_its_picture_away(
    viewers: Browsing, show: Running, stream: Stream
) -> None:
    person = watching(viewers, show)
    person.until(lambda: show.contest().phase is Phase.CLOSED)  # its grace is over by now
    show.end()
    expect(person.page.locator("video")).to_have_count(0)
    expect(
        person.page.get_by_text("The session has ended, and the stream with it.")
    ).to_be_visible()


_PLAYER = """<!doctype html><title>player</title><script>
const tell = info => parent.postMessage(JSON.stringify({ event: 'infoDelivery', info }), '*');
setInterval(() => {
  const ingestionTime = (Date.now() + AHEAD) / 1000 - 9;
  tell({ playerState: 1, progressState: { ingestionTime, isAtLiveHead: true } });
}, 200);
</script>"""
"""What YouTube's player says of a live stream whose picture is nine seconds old."""


def test_delay_is_measured_where_youtubes_player_tells_it(viewers: Browsing, show: Running) -> None:
    person = viewers.person(show)
    ahead = round((show.now.timestamp() - time()) * 1000)
    person.context.route(
        "https://www.youtube-nocookie.com/**",
        lambda route: route.fulfill(
            content_type="text/html", body=_PLAYER.replace("AHEAD", str(ahead))
        ),
    )
    page = person.visit(PATH)
    page.get_by_text("Watch the stream", exact=True).click()
    page.get_by_role("button", name="Play here: YouTube").click()
    told = re.compile(r"^The picture is (8|9|10) s behind the hall$")
    expect(page.locator("[data-behind]")).to_have_text(told)
