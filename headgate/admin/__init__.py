"""The console and the admin API, beside the data plane on the same port. Loaded when somebody first asks for it."""
