"""The grand final: a contest among the first places of earlier contests."""
