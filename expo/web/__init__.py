"""Pages: templates, guards, QR codes and static files."""
