"""The agent beside OBS: hears the show over its own connection, and speaks obs-websocket 5 locally."""
