"""Programs that measure. Nothing here is a test: no figure fails a build, every figure is a ratio."""
