"""The presenter's console: time left, cues of the desk, questions and reactions, for whoever is on the stage."""
