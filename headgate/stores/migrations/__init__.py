"""How a store's tables come to be: one SQL script for each revision, run by Alembic, or straight on an empty store."""
