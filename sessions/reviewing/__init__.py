"""The organisers' side of proposals: read, returned with comments, accepted, given a place in the programme."""
