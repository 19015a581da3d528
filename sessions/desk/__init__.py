"""The organisers' desk: entities, electorates and contests, one at a time or as whole lists."""
