"""Which addresses may be linked or embedded."""

import pytest

from sessions.streams.sources import (
    Stream,
    delay_of,
    embed_url,
    id_in,
    is_hls,
    is_link_of,
    is_safe_link,
    is_stream_id,
    watch_url,
)

VIDEO = "aqz-KE-bpKQ"


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={VIDEO}",
        f"https://www.youtube.com/watch?t=10&v={VIDEO}&list=x",
        f"https://youtube.com/live/{VIDEO}?feature=share",
        f"https://m.youtube.com/shorts/{VIDEO}",
        f"https://www.youtube.com/embed/{VIDEO}",
        f"https://youtu.be/{VIDEO}?t=1",
    ],
)
def test_video_id_is_found_in_every_youtube_address(url: str) -> None:
    assert id_in("youtube", url) == VIDEO


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={VIDEO}&v={VIDEO}",
        "https://www.youtube.com/watch",
        "https://www.youtube.com/@DTMCentre",
        "https://www.youtube.com/watch?v=too-short",
        f"https://evil.example/watch?v={VIDEO}",
        f"http://www.youtube.com/watch?v={VIDEO}",
    ],
)
def test_doubtful_address_gives_no_id(url: str) -> None:
    assert id_in("youtube", url) is None


def test_ids_belong_to_their_provider() -> None:
    assert id_in("vimeo", "https://vimeo.com/123456789") == "123456789"
    assert id_in("link", "https://vimeo.com/123456789") is None
    assert is_stream_id("youtube", VIDEO)
    assert not is_stream_id("youtube", f"{VIDEO}\n")
    assert not is_stream_id("link", VIDEO)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https://a",
        "https://a.ae:443/",
        "https://user@a.ae/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://[::1/",
        "https://a.ae/\u202e",
        "https://a.ae/ b",
        "https://A.AE.\\x",
        "HTTPS://a.ae/",
        "https://printer.local/",
        "https://app.localhost/",
        "https://vault.corp/",
        "https://a.ae/" + "x" * 300,
    ],
)
def test_unsafe_links_are_refused(url: str) -> None:
    assert not is_safe_link(url)


def test_links_belong_to_the_hosts_of_their_kind() -> None:
    assert is_link_of("x", "https://twitter.com/DTMCentre")
    assert not is_link_of("instagram", "https://x.com/DTMCentre")
    assert is_link_of("web", "https://anything.example/")
    assert not is_link_of("web", "javascript:alert(1)")


def test_players_are_built_here() -> None:
    origin = "https://expo.example"

    assert embed_url(Stream("youtube", id=VIDEO), origin) == (
        f"https://www.youtube-nocookie.com/embed/{VIDEO}?enablejsapi=1"
        "&origin=https%3A%2F%2Fexpo.example&playsinline=1&rel=0&cc_load_policy=1"
    )
    assert (
        embed_url(Stream("vimeo", id="123456"), origin)
        == "https://player.vimeo.com/video/123456?dnt=1"
    )
    assert embed_url(Stream("link", url="https://x.com/a"), origin) is None
    assert watch_url(Stream("youtube", id=VIDEO)) == f"https://www.youtube.com/watch?v={VIDEO}"
    assert watch_url(Stream("vimeo", id="123456")) == "https://vimeo.com/123456"
    assert watch_url(Stream("link", url="https://x.com/a")) == "https://x.com/a"


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.org/live/day-1.m3u8",
        "https://cdn.example.org/live.m3u8?token=a-b_c.d~e&n=1",
    ],
)
def test_hls_is_an_https_playlist_of_a_public_host(url: str) -> None:
    assert is_hls(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//.m3u8",
        "data:application/vnd.apple.mpegurl,x.m3u8",
        "http://cdn.example.org/live.m3u8",
        "https://cdn.example.org/live.mp4",
        "https://cdn.example.org/?x=.m3u8",
        "https://cdn.example.org/#.m3u8",
        "https://10.0.0.1/live.m3u8",
        "https://[fd00::1]/live.m3u8",
        "https://localhost/live.m3u8",
        "https://nas.local/live.m3u8",
        "https://metadata.internal/live.m3u8",
        "https://cdn.example.org:8443/live.m3u8",
        "https://me:secret@cdn.example.org/live.m3u8",
        'https://cdn.example.org/a"b.m3u8',
        "https://cdn.example.org/a'b.m3u8",
        "https://cdn.example.org/a;script-src *.m3u8",
        "https://cdn.example.org/a,b;c.m3u8",
        "https://cdn.example.org\\@evil.example/live.m3u8",
    ],
)
def test_other_addresses_are_no_hls(url: str) -> None:
    assert not is_hls(url)


@pytest.mark.parametrize(
    "stream_id",
    [
        '"><script>x',
        "aqz-KE-bpK'",
        "aqz-KE-bpKQ&x=1",
        "../../../etc",
        "aqz-KE-bpKQ\u200b",
        "javascript:a",
    ],
)
def test_ids_hold_nothing_but_an_id(stream_id: str) -> None:
    assert not any(is_stream_id(one, stream_id) for one in ("youtube", "vimeo", "facebook"))


def test_facebook_videos_are_known_by_their_number() -> None:
    number = "10153231379946729"
    for url in (
        f"https://www.facebook.com/watch/?v={number}",
        f"https://www.facebook.com/watch/live/?v={number}",
        f"https://www.facebook.com/DTMCentre/videos/{number}/",
    ):
        assert id_in("facebook", url) == number
    assert embed_url(Stream("facebook", id=number), "https://expo.example") == (
        "https://www.facebook.com/plugins/video.php"
        f"?href=https%3A%2F%2Fwww.facebook.com%2Fwatch%2F%3Fv%3D{number}&show_text=false"
    )


def test_delay_is_the_organisers_or_the_usual_one() -> None:
    assert delay_of(Stream("youtube", id=VIDEO, delay=31)) == 31
    assert 0 < delay_of(Stream("youtube", id=VIDEO)) < 45
