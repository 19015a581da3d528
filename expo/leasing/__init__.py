"""Leases as rows: which node holds a job, until when, by the database's clock alone."""
