"""Objections to what became of a ballot."""
