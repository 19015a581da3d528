"""The post: letters to people, written inside the transaction that gives rise to them, delivered after it."""
