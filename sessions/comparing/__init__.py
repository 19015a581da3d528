"""An edited schedule is compared with the programme in force before anything changes."""
