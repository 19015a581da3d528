"""Where an entity writes its answers to what was asked."""
