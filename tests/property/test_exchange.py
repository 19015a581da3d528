"""Whatever is written in any form counts the same when it is read back."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.exchange import WRITERS, asked_in, ballot_files, by_number, figures
from voting.exchange import bundle, files
from voting.exchange.ballot_file import BallotFile, FileUnreadable


@pytest.mark.parametrize("name", WRITERS)
@given(file=ballot_files())
def test_what_is_written_counts_the_same_when_read(name: str, file: BallotFile) -> None:
    text = WRITERS[name](asked_in(file), file)

    back = files.read(name, text.encode())

    assert figures(back) == figures(by_number(file) if back.options != file.options else file)


@pytest.mark.parametrize("name", WRITERS)
@given(file=ballot_files(), data=st.data())
def test_a_file_with_a_changed_byte_is_read_or_refused(
    name: str, file: BallotFile, data: st.DataObject
) -> None:
    raw = bytearray(WRITERS[name](asked_in(file), file).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))

    with contextlib.suppress(FileUnreadable):
        figures(files.read(name, bytes(raw)))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_for_a_bundle_are_read_or_refused(manifest: bytes, ballots: bytes) -> None:
    with pytest.raises(FileUnreadable) as refused:
        bundle.read(manifest, io.BytesIO(ballots))

    assert refused.value.facts["file"] == bundle.MANIFEST
