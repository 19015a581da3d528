"""Which secrets the nodes of an expo use: their key ids as rows, never the secrets."""
