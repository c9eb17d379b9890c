"""The words everything else is written in: values and ports. No I/O, no async, imports nothing of ours."""
