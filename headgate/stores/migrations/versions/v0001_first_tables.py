"""Teams, keys, requests and their attempts, and the recorder's own bookkeeping."""

from __future__ import annotations

from alembic import op

from headgate.stores import _schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in _schema.statements(revision):
        op.execute(statement)
