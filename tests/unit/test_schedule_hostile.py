"""Hostile and broken schedule files: each gets its message, none gets a traceback.

The numbers are those of the bad-input catalogue, part C.
"""

import time

import pytest

from sessions.schedule_file import MOST_TOLD, parse
from sessions.schedule_nodes import ScheduleProblems
from tests.support.schedules import SCHEDULE, changed, line_of, problems, told


def only(text: str | bytes) -> tuple[int, str, str]:
    """The one problem of a text."""
    (found,) = told(text)
    return found


def test_49_tag_that_would_run_code_is_refused_with_its_line() -> None:
    text = changed(('edition: "1"', "edition: !!python/object/apply:os.system [id]"))

    assert (5, "expo.edition", "tag") in told(text)


def test_50_alias_bomb_is_refused_before_anybody_walks_it() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for n in range(1, 10):
        inner = ",".join(["*" + chr(96 + n)] * 9)
        bomb += f"{chr(97 + n)}: &{chr(97 + n)} [{inner}]\n"

    began = time.monotonic()
    codes = {code for _, _, code in told(bomb)}

    assert {"alias", "anchor"} <= codes
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("written", ["08:30", "8:30", '"8:30"', "'08:30'"])
def test_51_time_is_text_with_or_without_leading_zero(written: str) -> None:
    text = changed(('starts: "08:30"\n    ends', f"starts: {written}\n    ends"))

    assert parse(text.encode()) == parse(SCHEDULE.encode())


@pytest.mark.parametrize("written", ["12:30:45", "570", "24:00", "8.30", "08:60", "٠٨:٣٠", "8:3"])
def test_51_other_forms_of_time_are_told(written: str) -> None:
    text = changed(('starts: "08:30"\n        ends', f"starts: {written}\n        ends"))
    line = line_of(text, f"starts: {written}")

    assert only(text) == (line, "days[0].sessions[0].starts", "bad-time")


def test_52_yes_no_on_stay_text() -> None:
    text = changed(('edition: "1"', "edition: no"))

    assert parse(text.encode()).edition == "no"
    assert only(changed(('edition: "1"', 'edition: "1"\n  on: x')))[2] == "unknown-key"


def test_53_duplicate_key_is_told_with_both_lines() -> None:
    text = changed(('  edition: "1"\n', '  edition: "1"\n  edition: "2"\n'))

    (found,) = problems(text)

    assert (found.line, found.path, found.code) == (6, "expo.edition", "duplicate-key")
    assert found.facts == {"key": "edition", "first_line": 5}


def test_54_tab_nul_and_deep_nesting_get_one_line() -> None:
    assert only("expo:\n\tid: x")[2] == "yaml-tab"
    assert only(b"expo: \0")[2] == "control-character"
    assert only("[" * 100_000)[2] in {"too-deep", "not-yaml"}
    assert only("- " * 100_000)[2] == "too-deep"
    assert only(b"a" * 5_000_000)[2] == "file-too-large"
    assert only("expo: 'never closed")[2] == "yaml-open-quote"
    assert only("--- a\n--- b\n")[2] == "second-document"
    assert only(b"expo: \xff")[2] == "not-utf8"
    assert only(b"a: 1\n\xfe")[0] == 2


def test_54_bom_and_crlf_are_accepted() -> None:
    text = b"\xef\xbb\xbf" + SCHEDULE.replace("\n", "\r\n").encode()

    assert parse(text) == parse(SCHEDULE.encode())


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "[]", "text", "42", "~"])
def test_54_text_that_is_no_mapping_is_told(text: str) -> None:
    assert [code for _, _, code in told(text)][:1] in (["not-a-mapping"], ["missing"])


@pytest.mark.parametrize(
    "written", ["2026-02-30", "2026-13-45", "17 April", "2017-4-17", "٢٠١٧-٠٤-١٧"]
)
def test_55_impossible_date_is_told_with_its_line(written: str) -> None:
    text = changed(("date: 2017-04-17", f"date: {written}"))

    assert (line_of(text, written), "days[0].date", "bad-date") in told(text)


def test_56_every_mistake_of_time_is_told_at_once() -> None:
    text = changed(
        ('starts: "09:15"\n        ends: "10:00"', 'starts: "09:00"\n        ends: "09:45"'),
        ('    ends: "14:30"\n    announced', '    ends: "08:30"\n    announced'),
        ('starts: "08:30"\n        ends: "09:15"', 'starts: "08:00"\n        ends: "09:15"'),
    )

    assert {(path, code) for _, path, code in told(text)} == {
        ("days[0].sessions[0].starts", "before-day"),
        ("days[0].sessions[1].starts", "overlap"),
        ("days[1].ends", "zero-length"),
    }


@pytest.mark.parametrize(
    ("ends", "code"),
    [("09:15", "zero-length"), ("09:00", "ends-before-start"), ("15:00", "after-day")],
)
def test_56_end_is_checked(ends: str, code: str) -> None:
    text = changed(
        (
            'ends: "10:00"\n        slots: [{kind: talk, minutes: 45}]',
            f'ends: "{ends}"\n        slots: [{{kind: talk, minutes: 345}}]',
        )
    )

    assert ("days[0].sessions[1].ends", code) in {(path, code) for _, path, code in told(text)}


def test_57_skipped_and_doubled_times_are_refused_with_both_instants() -> None:
    spring = changed(
        ("Asia/Dubai", "Europe/Berlin"),
        ("2017-04-17", "2017-03-26"),
        ("2017-04-18", "2018-04-18"),
        ('starts: "08:30"\n    ends', 'starts: "02:30"\n    ends'),
    )
    autumn = spring.replace("2017-03-26", "2017-10-29")

    (skipped,), (twice,) = problems(spring), problems(autumn)

    assert (skipped.path, skipped.code) == ("days[0].starts", "time-skipped")
    assert skipped.facts["first"] == "2017-03-26T00:30Z"
    assert skipped.facts["second"] == "2017-03-26T01:30Z"
    assert (twice.path, twice.code) == ("days[0].starts", "time-twice")
    assert twice.facts["first"] == "2017-10-29T00:30Z"
    assert twice.facts["second"] == "2017-10-29T01:30Z"


@pytest.mark.parametrize(
    "zone", ["Asia/Dubay", "+04:00", "../../etc/passwd", "GST", "/etc/localtime", "Asia"]
)
def test_58_unknown_zone_is_told_and_nothing_else(zone: str) -> None:
    assert only(changed(("Asia/Dubai", f'"{zone}"'))) == (6, "expo.timezone", "bad-zone")


def test_59_unknown_key_names_the_nearest_known_one() -> None:
    text = changed(("    sessions:\n", "    sesions:\n"))

    found = {one.code: one for one in problems(text)}

    assert found["unknown-key-near"].facts == {"key": "sesions", "near": "sessions"}
    assert found["unknown-key-near"].line == line_of(text, "sesions")


def test_60_repeated_and_malformed_ids_are_told() -> None:
    assert only(changed(("- id: talk", "- id: water")))[1:] == (
        "days[0].sessions[1].id",
        "duplicate-id",
    )
    assert only(changed(("- id: talk", "- id: the talk")))[2] == "bad-id"
    assert only(changed(("- id: talk", "- id: ../talk")))[2] == "bad-id"
    assert only(changed(("- id: talk", f"- id: {'x' * 41}")))[2] == "too-long"


def test_61_number_of_options_has_a_rule() -> None:
    none = changed(("        initiatives: [leak, meter]\n", ""))
    empty = changed(("[leak, meter]", "[]"))
    one = changed(("[leak, meter]", "[leak]"))
    many = changed(("[leak, meter]", f"[{', '.join(['leak'] * 500)}]"))

    assert only(none)[1:] == ("days[0].sessions[0].initiatives", "too-few-options")
    assert only(empty)[1:] == ("days[0].sessions[0].initiatives", "too-few-options")
    assert only(one)[1:] == ("days[0].sessions[0].initiatives", "too-few-options")
    assert ("days[0].sessions[0].initiatives", "too-many-options") in {p[1:] for p in told(many)}


def test_62_markup_and_emoji_stay_text_and_length_is_told() -> None:
    odd = "<b>**x**</b> 👩‍💻 ${HOME} {{ 7*7 }}"
    text = changed(("ar: حوار, en: Talk", f'ar: حوار, en: "{odd}"'))

    assert parse(text.encode()).sessions[1].title.en == odd
    (found,) = problems(changed(("en: Talk", f"en: {'x' * 10_000}")))
    assert (found.path, found.code) == ("days[0].sessions[1].title.en", "too-long")
    assert found.facts == {"found": 10_000, "most": 80}


@pytest.mark.parametrize(
    "hidden", ["\\u202E", "\\u2066", "\\u200F", "\\uFEFF", "\\x07", "e" + "\\u0301" * 9]
)
def test_62_hidden_characters_are_refused(hidden: str) -> None:
    text = changed(("en: Talk", f'en: "Ta{hidden}lk"'))

    assert only(text)[1:] == ("days[0].sessions[1].title.en", "hidden-character")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://www.youtube.com/watch?v=aqz-KE-bpKQ",
        "http://169.254.169.254/",
        "https://169.254.169.254/",
        "https://youtube.com.evil.example/x",
        "https://youtube.com@evil.example/x",
        "https://www.youtube.com:8443/x",
        "https://www.youtube.com\\\\@evil.example",
        "https://ｙoutube.com/x",
        "//www.youtube.com/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://www.youtube.com/ x",
    ],
)
def test_63_hostile_stream_address_is_refused(url: str) -> None:
    stream = f'        streams: [{{provider: link, url: "{url}"}}]\n      - id: talk'
    text = changed(("      - id: talk", stream))

    assert only(text)[1:] == ("days[0].sessions[0].streams[0].url", "bad-link")


def test_64_templates_and_variables_are_literal_text() -> None:
    text = changed(('edition: "1"', 'edition: "${HOME}"'))

    assert parse(text.encode()).edition == "${HOME}"


@pytest.mark.parametrize(
    "written",
    [".nan", ".inf", "1e3", "0777", "1_000", "-1", "5.0", "٥", "true", "0x10", "99999999999"],
)
def test_65_number_is_plain_digits(written: str) -> None:
    text = changed(("weight: 50", f"weight: {written}"))

    assert only(text)[1:] == ("electorates[0].weight", "not-a-number")


def test_ten_thousand_sessions_are_refused_in_one_message_and_quickly() -> None:
    many = "".join(f"      - {{id: s{n}}}\n" for n in range(10_000))
    text = changed(("    sessions:\n", f"    sessions:\n{many}"))

    began = time.monotonic()
    (found,) = problems(text)

    assert (found.path, found.code) == ("days[0].sessions", "too-many")
    assert found.facts == {"found": 10_002, "most": 60}
    assert time.monotonic() - began < 3


def test_thousands_of_mistakes_are_cut_with_a_count() -> None:
    one = "      - {id: S, sttarts: x, ends: y, titel: z, initiatives: [a, b, c, d]}\n"
    text = changed(("    sessions:\n", "    sessions:\n" + one * 50))

    with pytest.raises(ScheduleProblems) as caught:
        parse(text.encode())

    assert len(caught.value.problems) == MOST_TOLD + 1
    assert caught.value.problems[-1].code == "more-problems"


@pytest.mark.parametrize("wrong", ["5", "text", "[]", "[1, 2]", "{x: y}", "[[[]]]", "null"])
@pytest.mark.parametrize(
    "section", ["expo", "voting", "electorates", "entities", "initiatives", "days"]
)
def test_wrong_type_of_a_section_is_told_once_without_echoes(section: str, wrong: str) -> None:
    kept = [part for part in _sections() if not part.startswith(f"{section}:")]
    text = "".join(kept) + f"{section}: {wrong}\n"

    found = told(text)

    assert found
    assert all(path.startswith(section) for _, path, code in found if "unknown" not in code)


def _sections() -> list[str]:
    parts: list[str] = []
    for line in SCHEDULE.splitlines(keepends=True):
        if not line.startswith((" ", "-")):
            parts.append("")
        parts[-1] += line
    return parts


def test_hundreds_of_anchors_are_cut_short() -> None:
    found = problems("".join(f"k{n}: &a{n} x\n" for n in range(500)))

    assert len(found) <= MOST_TOLD + 1
    assert {one.code for one in found} == {"anchor"}


def test_text_of_too_many_parts_is_refused_quickly() -> None:
    began = time.monotonic()

    assert only("[" + "1," * 200_000 + "1]")[2] == "too-many-parts"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("text", ["%YAML " + "9" * 5_000 + ".1\n--- a", '"\\U99999999"', "&"])
def test_oddities_of_yaml_are_one_problem(text: str) -> None:
    assert only(text)[2] == "not-yaml"


def test_entry_whose_name_is_no_text_is_told() -> None:
    found = told(changed(("expo:", "? [a, b]\n: x\n? *c\n: y\nexpo:")))

    assert [code for _, _, code in found] == ["key-not-text", "alias"]


def test_edge_of_the_calendar_is_told() -> None:
    text = changed(
        ("2017-04-17", "0001-01-01"), ('starts: "08:30"\n    ends', 'starts: "00:30"\n    ends')
    )

    assert ("days[0].starts", "bad-date") in {one[1:] for one in told(text)}


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://a.ae", "https://10.0.0.1"])
def test_links_of_entities_and_channels_are_checked(link: str) -> None:
    entity = changed(
        ("short: {ar: ماء, en: Water}", f'short: {{ar: ماء, en: Water}}, links: ["{link}"]')
    )
    channel = changed(
        ("electorates:\n", f'  channels: [{{kind: web, url: "{link}"}}]\nelectorates:\n')
    )

    assert only(entity)[1:] == ("entities[0].links[0]", "bad-link")
    assert only(channel)[1:] == ("expo.channels[0].url", "bad-link")


def test_list_items_that_are_no_text_are_told_at_their_place() -> None:
    options = changed(("[leak, meter]", "[leak, [x], meter, metr]"))
    links = changed(("short: {ar: ماء, en: Water}", "short: {ar: ماء, en: Water}, links: [{a: b}]"))
    kinds = changed(("electorates:\n", "  channels: [{kind: fax, url: x}]\nelectorates:\n"))

    assert {one[1:] for one in told(options)} == {
        ("days[0].sessions[0].initiatives[1]", "not-text"),
        ("days[0].sessions[0].initiatives[3]", "unknown-initiative-near"),
    }
    assert only(links)[1:] == ("entities[0].links[0]", "not-text")
    assert only(kinds)[1:] == ("expo.channels[0].kind", "not-a-choice")


def test_reported_item_of_a_list_is_not_told_twice() -> None:
    text = changed(("[leak, meter]", "[leak, *other, meter]"))

    assert only(text)[1:] == ("days[0].sessions[0].initiatives[1]", "alias")
