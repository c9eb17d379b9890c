"""The door: one route table, a uvicorn protocol class that serves it, and what it takes and gives."""
