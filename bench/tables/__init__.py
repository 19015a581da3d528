"""What ``docs/BENCHMARKS.md`` holds: each module measures one part several times and gives its rows."""
