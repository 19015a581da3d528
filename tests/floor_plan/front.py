"""What templates, styles and scripts may hold: scanners for the floor plan tests.

Templates are read as Jinja reads them, so that only what reaches the page as written is judged;
strings inside ``{{ }}`` count as written unless they pass through a catalogue.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from jinja2 import Environment, nodes
from typing_extensions import override

CATALOGUE_CALLS: Final = frozenset(
    {"_", "gettext", "ngettext", "pgettext", "npgettext", "sentence", "plural_forms"}
)
SPOKEN_ATTRIBUTES: Final = frozenset(
    {"alt", "title", "placeholder", "aria-label", "aria-description", "aria-roledescription"}
)
# The same in every language, or the name a language gives itself.
NAMES: Final = frozenset(
    {
        "Sawt",
        "صوت",
        "English",
        "العربية",
        "EN",
        "ع",
        "JSON",
        "CSV",
        "PDF",
        "QR",
        "ICS",
        "BLT",
        "SVG",
    }
)
DATA_SCRIPTS: Final = frozenset({"application/json", "application/ld+json"})
MARK: Final = "\ufffc"  # stands where an expression puts something

_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_HOST: Final = re.compile(r"""(?:https?:|wss?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)
_PHYSICAL: Final = re.compile(
    r"(?<![\w-])(?:"
    r"(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?"
    r"|border-(?:top|bottom)-(?:left|right)-radius"
    r"|(?:left|right)"
    r")\s*:"
    r"|(?<![\w-])(?:text-align|float|clear|caption-side)\s*:\s*(?:left|right)\b"
)
_PHYSICAL_SCRIPT: Final = re.compile(
    r"\.style\.(?:left|right|(?:margin|padding|border)(?:Left|Right))\b"
    r"""|setProperty\(\s*["'](?:left|right|(?:margin|padding)-(?:left|right))["']"""
)
_MARKUP_FROM_TEXT: Final = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function)"
)


def environment() -> Environment:
    """A parser for our templates; nothing is ever rendered with it."""
    return Environment(autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])


def page_text(source: str) -> str:
    """The HTML a template holds, every branch of it, with a mark where a value goes."""
    return "".join(_written(environment().parse(source)))


def _written(node: nodes.Node) -> Iterator[str]:
    """What a node of a template puts on the page, the text of every branch included."""
    if isinstance(node, nodes.Output):
        for part in node.nodes:
            yield from _shown(part)
    else:
        for child in node.iter_child_nodes():
            if not isinstance(child, nodes.Expr):
                yield from _written(child)


def _shown(expression: nodes.Node) -> Iterator[str]:
    """Literal text as it is, a mark for everything computed or worded."""
    match expression:
        case nodes.TemplateData(data=text) | nodes.Const(value=str(text)):
            yield text
        case nodes.CondExpr(expr1=first, expr2=second):
            yield from _shown(first)
            if second is not None:
                yield from _shown(second)
        case _:
            yield MARK


class _Page(HTMLParser):
    """Collects what a page says and does by itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = False  # inside a script or style

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if name == "style" or name.startswith("on"):
                self.found.append(f"<{tag} {name}=…>: no inline style or script")
            if name in SPOKEN_ATTRIBUTES and (words := unworded(value)):
                self.found.append(f"<{tag} {name}>: {words} is not in a catalogue")
            if value.strip().lower().startswith("javascript:"):
                self.found.append(f"<{tag} {name}>: runs a script")
        if tag == "style":
            self.found.append("<style>: no inline style")
        if tag == "script" and "src" not in values and values.get("type") not in DATA_SCRIPTS:
            self.found.append("<script>: no inline script")
        self._silent = tag in {"script", "style"}

    @override
    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    @override
    def handle_data(self, data: str) -> None:
        if not self._silent and (words := unworded(data)):
            self.found.append(f"{words} is not in a catalogue")


def unworded(text: str) -> str:
    """The words in a text that every reader would meet in this one language."""
    return " ".join(word for word in _WORD.findall(text) if word not in NAMES)


def template_faults(source: str) -> list[str]:
    """Inline styles and scripts, unworded text and unescaped output in a template."""
    page = _Page()
    page.feed(page_text(source))
    page.close()
    tree = environment().parse(source)
    safe = [f for f in tree.find_all(nodes.Filter) if f.name == "safe"]
    return page.found + ["|safe: escape it, or make Markup in Python" for _ in safe]


def sentences_in_expressions(source: str) -> list[str]:
    """Strings with a capital or Arabic start and a space that reach a page without a catalogue."""
    tree = environment().parse(source)
    worded = {
        id(constant)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in CATALOGUE_CALLS
        for constant in call.find_all(nodes.Const)
    }
    return [
        f"{constant.value!r} is not in a catalogue"
        for constant in tree.find_all(nodes.Const)
        if id(constant) not in worded
        and isinstance(constant.value, str)
        and re.match(r"[A-Z\u0621-\u064a]\w*\s+\w", constant.value)
    ]


def physical_styles(source: str) -> list[str]:
    """Left and right in a style sheet, where only start and end belong."""
    return [found.group() for found in _PHYSICAL.finditer(_COMMENT.sub("", source))]


def script_faults(source: str) -> list[str]:
    """What a script must not do: make markup from text, or know left from right."""
    bare = _COMMENT.sub("", source)
    return [f.group() for p in (_MARKUP_FROM_TEXT, _PHYSICAL_SCRIPT) for f in p.finditer(bare)]


def hosts(source: str) -> set[str]:
    """Every other host a served file names, lower case, without the scheme."""
    return {found.lower().partition("//")[2] for found in _HOST.findall(source)}
