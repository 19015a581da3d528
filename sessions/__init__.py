"""The stage: what is shown, by whom, when."""
