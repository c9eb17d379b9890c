"""Calling providers: connections, deadlines and bodies, under one egress rule."""
