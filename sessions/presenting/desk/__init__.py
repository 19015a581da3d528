"""The desk's side of the consoles: cues to whoever presents."""
