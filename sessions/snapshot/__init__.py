"""What is known of the show, as last read; read by pages and frames without waiting."""
