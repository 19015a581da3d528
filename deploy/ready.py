"""Waits until a node on this machine is ready, for units, containers and rolling upgrades.

    python -m deploy.ready PORT [SECONDS]    0 once /readyz answers 200, 1 if it does not in time
    python -m deploy.ready PORT 0            one look at /healthz: is the process alive?

The node answers only to its public name, so that is what it is asked by.
"""

import http.client
import os
import sys
import time
from typing import Final
from urllib.parse import urlsplit

_PATIENCE: Final = 60.0
_LOOK: Final = 0.2
_ANSWER_WITHIN: Final = 5.0


def answers(port: int, path: str, host: str, public_url: str) -> bool:
    """Whether this path answers 200."""
    name = urlsplit(public_url).netloc or f"127.0.0.1:{port}"
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_WITHIN)
    try:
        connection.request("GET", path, headers={"host": name})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(port: int, seconds: float) -> int:
    """0 if the node is ready, or gets so in time."""
    host = os.environ.get("NODE_HOST", "") or "127.0.0.1"
    site = os.environ.get("SAWT_PUBLIC_URL", "")
    if not seconds:
        return int(not answers(port, "/healthz", host, site))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answers(port, "/readyz", host, site):
            return 0
        time.sleep(_LOOK)
    return 1


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]] or [8000.0]
    sys.exit(main(int(given[0]), given[1] if len(given) > 1 else _PATIENCE))
