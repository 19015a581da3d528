"""Bulletins by e-mail: asking for them, proving the mailbox, getting them, and having enough of them."""
