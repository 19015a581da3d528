"""Ballot files of other programs, read with suspicion: Sawt JSON, PrefLib and BLT. Pure."""
