"""Headgate: one control point between your apps and the LLM providers they call."""

__version__ = "0.1.0"
