"""What is looked at on every page: barriers (axe), overflow, targets, language, headings, inline styles."""

import re
from typing import Final

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, Response

_TAGS: Final = (
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice",
)  # fmt: skip
# Targets are measured here, against 44 pixels instead of axe's 24: it also counts what a bar that
# stays in view covers at the moment, which scrolling uncovers.
_RUN: Final = """
async tags => {
  const found = await axe.run(document, {
    runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], rules: {'target-size': {enabled: false}},
  });
  return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target.join(' ')} ${n.html.slice(0, 160)} ${n.failureSummary.split('\\n').slice(1).join(';')}`));
}
"""
_LOOK: Final = """
({lang, least}) => {
  const html = document.documentElement, found = [];
  if (html.lang !== lang || html.dir !== (lang === 'ar' ? 'rtl' : 'ltr')) found.push(`language ${html.lang} ${html.dir}`);
  const seen = el => el.checkVisibility({visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true});
  const heads = [...document.querySelectorAll('h1')].filter(seen);
  if (heads.length !== 1) found.push(`${heads.length} headings of the first level`);
  if (html.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(el => {
      const box = el.getBoundingClientRect();
      return seen(el) && (box.right > innerWidth + 1 || box.left < -1) && !el.closest('.scroll, .vh, .skip');
    });
    found.push(`wider than the window: ${html.scrollWidth} > ${innerWidth}: ${wide.slice(-3).map(el => el.outerHTML.slice(0, 120)).join(' | ')}`);
  }
  const inline = el => {
    if (getComputedStyle(el).display !== 'inline') return false;
    return [...el.parentElement.childNodes].some(n => n !== el && n.textContent.trim());
  };
  const scope = document.querySelector('dialog[open]') ?? document.body;
  for (const el of scope.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button]')) {
    if (!least || !seen(el) || el.type === 'hidden' || el.matches('.skip, .vh') || inline(el)) continue;
    const box = (el.closest('label') ?? el).getBoundingClientRect();
    if (box.width < least - .5 || box.height < least - .5) {
      found.push(`target ${Math.round(box.width)}x${Math.round(box.height)}: ${el.outerHTML.slice(0, 120)}`);
    }
  }
  return found;
}
"""
_STYLE: Final = re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.IGNORECASE)
TARGET: Final = 44  # CSS pixels a target has at least (experience A3)


def barriers(page: Page) -> list[str]:
    """What axe finds on a page as it is now, a line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_FILE_PATH.read_text())
    found: list[str] = page.evaluate(_RUN, list(_TAGS))
    return found


def faults(page: Page, lang: str, *, target: int = TARGET) -> list[str]:
    """What is wrong with a page as it is now, besides barriers; ``target`` 0 asks nothing of targets."""
    found: list[str] = page.evaluate(_LOOK, {"lang": lang, "least": target})
    return found


def enlarged(page: Page) -> list[str]:
    """What no longer fits when the text is twice its size."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    try:
        wide: list[int] = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    finally:
        page.evaluate("document.documentElement.style.fontSize = ''")
    return [f"at 200 %: {wide[0]} > {wide[1]}"] if wide[0] > wide[1] else []


def styled(answer: Response | None) -> list[str]:
    """Style attributes in what the server sent."""
    text = answer.text() if answer else ""
    return [text[found.start() : found.start() + 120] for found in _STYLE.finditer(text)]
