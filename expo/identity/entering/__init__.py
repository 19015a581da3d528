"""Coming in by an identity: whatever way somebody signs in, who that is from then on is decided here."""
