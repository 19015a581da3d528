"""Where the picture comes from: sources and embeds."""
