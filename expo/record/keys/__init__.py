"""The keys an expo signs with: made at the first start, closed at rest, rotated, all public halves kept."""
