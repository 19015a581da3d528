"""The venue: who is here, what is proposed, what is on record, how word gets round."""
