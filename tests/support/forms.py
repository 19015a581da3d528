"""What a page's forms carry without showing it."""

import re

import httpx2


def seen_in(page: httpx2.Response) -> str:
    """The mark of what the first form on a page was filled with (`expo.seen`)."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page.text)
    assert found is not None
    return found[1]
