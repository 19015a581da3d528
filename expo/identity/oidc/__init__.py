"""Signing in with somebody else's word: OpenID Connect by discovery, and UAE PASS."""
