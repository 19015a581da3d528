"""What identity has to know of a person's ballots, and the ballots that give way to another person's."""
