"""The releases of the schedule: what each is called and changed."""
