"""The audit bundle: everything that is needed to check a contest's result without asking anybody."""
