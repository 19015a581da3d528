"""Lists that organisers bring and take away: tables of people, entities and the rest, as CSV or Excel."""
