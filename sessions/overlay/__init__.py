"""What is laid over the stream's picture: transparent pages for OBS and vMix."""
