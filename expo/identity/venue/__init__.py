"""Being in the hall: single-use codes on badges, and a code on the screen that changes all the time."""
