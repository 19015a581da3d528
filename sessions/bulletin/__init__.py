"""The day's bulletin: drafted, reviewed by a second person, published, and where needed corrected in the open."""
