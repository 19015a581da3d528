"""The organisers' pages: the control room, and reloading the programme."""
