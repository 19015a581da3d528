"""The synthetic audience: people who are not there, so that a show can be rehearsed."""
