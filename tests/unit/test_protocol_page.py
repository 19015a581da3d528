"""The protocol page says what the frames are: it is written from them."""

from tools import protocol


def test_page_is_what_the_code_says() -> None:
    assert protocol.PAGE.read_text(encoding="utf-8") == protocol.page(), (
        "run: python tools/protocol.py"
    )


def test_page_names_every_frame_and_refusal() -> None:
    page = protocol.page()

    for name in ("`cast`", "`receipt`", "`refused`", "`stage`", "`contest-not-open`", "`busy`"):
        assert name in page
