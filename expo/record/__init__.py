"""What is on record: the staff log, appended to and never changed."""
