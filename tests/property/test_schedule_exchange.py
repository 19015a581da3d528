"""Whatever the programme: written as a file and read again it is the same, and rubbish is told, not raised."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expo.words import Language
from sessions.exchange.importing import imported
from sessions.exchange.usecases import WRITERS
from sessions.programme import Programme
from tests.property.test_programme import programmes, texts
from tests.support.schedule_files import mistakes, telling
from tests.support.schedules import programme

STATUS = st.sampled_from(["scheduled", "live", "ended", "cancelled", "postponed"])


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=25, deadline=None)
@given(one=programmes(texts), language=st.sampled_from(["ar", "en"]), data=st.data())
def test_written_and_read_again_is_the_same(
    ending: str, one: Programme, language: Language, data: st.DataObject
) -> None:
    statuses = {session.id: data.draw(STATUS) for session in one.sessions}
    content = WRITERS[ending](telling(one, language, statuses))

    if ending == "csv" and not one.sessions:
        assert [problem.code for problem in mistakes(content, one)] == ["table-empty"]
    else:
        assert imported(content, one) == one


@pytest.mark.parametrize("ending", WRITERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_is_told_and_not_raised(ending: str, data: st.DataObject) -> None:
    whole = WRITERS[ending](telling(programme()))
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 40))
    damaged = whole[:at] + data.draw(st.binary(max_size=20)) + whole[at + length :]

    mistakes(damaged, programme(), ending)


@pytest.mark.parametrize("ending", WRITERS)
@given(rubbish=st.binary(max_size=300))
def test_rubbish_is_told(ending: str, rubbish: bytes) -> None:
    assert mistakes(rubbish, programme(), ending)
