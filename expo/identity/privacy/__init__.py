"""What is stored about people: told to everybody, given to whoever asks about themselves, and erased."""
