"""What is measured: each module one kind of work, done the same way to every server."""
