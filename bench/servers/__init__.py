"""Servers that are measured, each a program of its own; the C and Node ones stand beside this package."""
