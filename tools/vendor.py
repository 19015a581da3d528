"""The scripts of others that are served with ours, taken unchanged from their published packages.

    npm pack hls.js@1.7.4
    python tools/vendor.py hls.js-1.7.4.tgz expo/web/static/vendor/hls

The full build, because the light one shows no captions; as a module, so that only a page whose stream
was asked for loads it; and its worker as a file of our own, so that no page needs a worker made of text.
"""

import argparse
import hashlib
import sys
import tarfile
from pathlib import Path
from typing import Final

SOURCE_SHA256: Final = "e4ab3d5d13f7cca9ef241d098f39686e19fd451831ba07dc9943482fd5ff75c7"
FILES: Final = {
    "hls.js": "package/dist/hls.min.mjs",
    "hls.worker.js": "package/dist/hls.worker.js",
    "LICENSE.txt": "package/LICENSE",
}
"""What is served, and where it stands in the package."""


def main() -> int:
    """Write the files; exit 1 if the package is not the one this was written for."""
    parser = argparse.ArgumentParser(description="Scripts of others from their published packages.")
    parser.add_argument("package", type=Path)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    if hashlib.sha256(asked.package.read_bytes()).hexdigest() != SOURCE_SHA256:
        print(f"{asked.package} is not the package these files are taken from")
        return 1
    with tarfile.open(asked.package) as source:
        for name, member in FILES.items():
            file = source.extractfile(member)
            if file is None:
                print(f"{asked.package} has no {member}")
                return 1
            (asked.folder / name).write_bytes(file.read())
    return 0


if __name__ == "__main__":
    sys.exit(main())
