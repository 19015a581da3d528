"""Documents and pictures of a bulletin, made once and kept."""
