"""Screens, overlays and agents as devices: what each is called, shows by itself, and does with OBS."""
