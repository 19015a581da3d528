"""The check of a published result: one file that needs nothing of the rest."""
