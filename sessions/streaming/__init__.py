"""The desk where organisers say where a session can be watched."""
