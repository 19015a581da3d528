"""The schedule as files that other software reads, and the schedules of others as ours."""
