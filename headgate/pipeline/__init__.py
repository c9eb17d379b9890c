"""What happens to a request, in order: `handle.py` is the page, every other file here is one stage of it."""
