"""The course of the show: sessions begin and end, its clock stands and goes on, steps are undone."""
