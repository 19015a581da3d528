"""The organisers' side of the bulletin: check, write, review by a second person, publish, correct."""
