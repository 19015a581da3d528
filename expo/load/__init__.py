"""How much this node has to do: measured each second, judged in plain words, shown to organisers."""

from typing import Final

VERSION: Final = "0.1.0"
"""Of this software; pyproject.toml says the same."""
