"""Proposals as others see them: previews for the team, the public page, the pictures."""
