"""Reactions of the audience: clear, slower, louder, applause; counted, and never by whom."""
