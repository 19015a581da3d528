"""The program that typesets one sheet or card; it is started with ``python -I`` and knows nothing of Sawt.

    python -I render.py NAME FORMAT TIMESTAMP

``NAME`` is a template beside this file, ``FORMAT`` pdf or png, ``TIMESTAMP`` the seconds of the Unix
clock that a PDF carries as its date. The data, one JSON object, comes on standard input and reaches
the template as data only; the document goes to standard output. Fonts and templates are those of this
folder alone: nothing of the machine's, nothing of a network. The same input gives the same bytes.

Exit status 0, or 3 with what went wrong on standard error.
"""

import os
import resource
import sys
from pathlib import Path
from typing import Final

MEMORY_BYTES: Final = 1024 * 1024 * 1024  # address space; a bulletin takes a quarter of it
CPU_SECONDS: Final = 15  # a long bulletin takes one
_OUTPUT_BYTES: Final = 16 * 1024 * 1024
_FAILED: Final = 3
_HERE: Final = Path(__file__).resolve().parent
_ONE_POINT_IS_A_PIXEL: Final = 72.0


def limit() -> None:
    """Take away what typesetting does not need; before the engine is even loaded."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    limit()

import typst  # noqa: E402 - only now, inside the limits


def main(arguments: list[str]) -> int:
    """Typeset one document; the exit status."""
    name, form, timestamp = arguments
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_HERE)]
    )
    compiler = typst.Compiler(
        str(_HERE / f"{name}.typ"), root=str(_HERE), font_paths=fonts,
        sys_inputs={"data": sys.stdin.buffer.read().decode()},
    )  # fmt: skip
    try:
        made = (
            compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(timestamp))
            if form == "pdf"
            else compiler.compile(format="png", ppi=_ONE_POINT_IS_A_PIXEL)
        )
    except typst.TypstError as error:
        sys.stderr.write(f"{error.message}\n{error.diagnostic}\n")
        return _FAILED
    if not isinstance(made, bytes):  # a card that ran over into a second page
        sys.stderr.write("more than one page\n")
        return _FAILED
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
