"""A vote desk with one mistake: PostgreSQL need not write a commit down before it is answered.

    python -m tests.support.forgetful_desk FOLDER FIRST URL

The test of crashes must find it.
"""

import asyncio
import sys
from pathlib import Path

import expo
import expo.postgres
from tests.support.killed_desk import main

vars(expo.postgres)["_PROMISES"] = {"synchronous_commit": "off"}  # the mistake

if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
