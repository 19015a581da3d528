"""The command line: what `run.py` can be told to do. The top layer; nothing imports it but run.py and tests."""
