"""Pages travel compressed where the browser can read them so, and stay the same page."""

from pathlib import Path

import httpx2

from tests.support.whole import whole


async def test_page_is_compressed_for_who_can_read_it(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, httpx2.AsyncClient(trust_env=False) as client:
        plain = await client.get(f"{house.url}/ar/about", headers={"accept-encoding": "identity"})
        packed = await client.get(f"{house.url}/ar/about", headers={"accept-encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


async def test_file_compressed_at_start_is_not_compressed_again(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, httpx2.AsyncClient(trust_env=False) as client:
        address = house.expo.statics.address("css/tokens.css")
        packed = await client.get(house.url + address, headers={"accept-encoding": "gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text.lstrip().startswith("/*")
