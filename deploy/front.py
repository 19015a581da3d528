"""What nginx needs before it can stand in front: its configuration and the static files.

python -m deploy.front conf FILE       nginx.conf from the FRONT_… variables of the environment
python -m deploy.front statics FOLDER  the static files as FRONT_STATICS has them; older ones stay
"""

import gzip
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from expo.web.statics import Statics

ROOT: Final = Path(__file__).resolve().parents[1]
NGINX: Final = ROOT / "deploy/nginx"
NAMES: Final = (
    "FRONT_RUN",
    "FRONT_STATICS",
    "FRONT_PAGES",
    "FRONT_DOOR",
    "FRONT_NODES",
    "FRONT_ANYWAY",
    "FRONT_WORKERS",
    "FRONT_LOG",
)
"""Everything the template asks for; it says what each means."""
_STATIC_FILES: Final = ROOT / "expo/web/static"
_COMPRESSED: Final = frozenset({".css", ".js", ".svg", ".txt"})
_VALUE: Final = re.compile(r"\$\{(FRONT_[A-Z]+)\}")
_USAGE: Final = 2


class Missing(Exception):
    """Variables the template asks for and the environment does not have; ``str()`` names them."""


def configuration(values: Mapping[str, str]) -> str:
    """The nginx.conf of these values.

    Raises:
        Missing: Some are not given.
    """
    anyway = re.sub(r"max_fails=\d+", "max_fails=0", values.get("FRONT_NODES", ""))
    values = {"FRONT_ANYWAY": anyway, **values}
    missing = [name for name in NAMES if not values.get(name)]
    if missing:
        raise Missing(", ".join(missing))
    text = (NGINX / "nginx.conf.template").read_text()
    return _VALUE.sub(lambda found: values[found[1]], text)


def publish(folder: Path) -> Path:
    """Put the static files where nginx serves them, each with its compressed form; gives their folder.

    The folder carries the digest of the whole tree, so that pages of an older version keep their own.
    It appears at once and complete.
    """
    ready = folder / "static" / Statics().digest
    if ready.exists():
        return ready
    part = ready.with_name(f".{ready.name}.{os.getpid()}")
    for source in sorted(path for path in _STATIC_FILES.rglob("*") if path.is_file()):
        target = part / source.relative_to(_STATIC_FILES)
        target.parent.mkdir(parents=True, exist_ok=True)
        content = source.read_bytes()
        target.write_bytes(content)
        if source.suffix in _COMPRESSED:
            target.with_name(target.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
    part.replace(ready)
    return ready


def main(arguments: list[str]) -> int:
    """Do what the arguments say; 0 when it is done."""
    match arguments:
        case ["conf", target]:
            try:
                Path(target).write_text(configuration(os.environ))
            except Missing as missing:
                sys.stderr.write(f"not given: {missing}\n")
                return 1
        case ["statics", folder]:
            publish(Path(folder))
        case _:
            sys.stderr.write(__doc__ or "")
            return _USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
