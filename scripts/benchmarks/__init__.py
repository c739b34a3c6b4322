"""What `scripts/bench` measures: one module a benchmark, each with `main(arguments) -> exit status`."""
