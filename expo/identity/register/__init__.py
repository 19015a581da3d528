"""The register: who is known to the expo, as organisers see it."""
