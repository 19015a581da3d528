"""Who is here: people, visits and passes."""
