"""Putting Sawt on machines: nginx in front, units, containers. See `docs/DEPLOY.md`."""
