"""Formats: bytes to words and back, sans-I/O. Each format exports `CODEC`, one for each operation."""
