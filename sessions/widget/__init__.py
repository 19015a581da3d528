"""The schedule as a small page that other sites may frame."""
