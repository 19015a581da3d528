"""Lists of people whom organisers invite, and the single-use links that let them in."""
