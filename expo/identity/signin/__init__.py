"""Signing in by e-mail: a letter with a code for the device that asked, and a link for any other."""
