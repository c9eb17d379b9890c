"""What the operator writes: its schema, how it is read, and the catalog of models and prices made from it."""
