"""Templates, fonts and the program that sets type with them."""
