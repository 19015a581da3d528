"""An edited schedule while the expo runs: look at the difference, then put it in force."""
