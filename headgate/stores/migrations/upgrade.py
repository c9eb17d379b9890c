"""Bring an older store to this version's schema.

A process of its own (`python -m headgate.stores.migrations.upgrade URL`): Alembic takes over a second to import and 35 MB to keep,
and a gateway whose store is empty or current must pay neither.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from headgate.core.errors import ConfigError
from headgate.stores import _schema

LOCK_WAIT_S = 60


def migrate(url: str) -> None:
    """Every revision the store lacks, in one transaction that no other process can enter. Running it again changes nothing."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": LOCK_WAIT_S})
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None:
            _schema.refuse_newer(str(engine.url.database), found)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _leave_transactions_to_us(driver: Any, _: object) -> None:
    # Python's sqlite3 would begin no transaction before CREATE TABLE, and a kill could leave half a schema.
    driver.isolation_level = None


def _begin(connection: Connection) -> None:
    # Immediate, so that of two processes the second waits and then finds nothing left to do.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def main(arguments: list[str]) -> int:
    try:
        migrate(arguments[0])
    except ConfigError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
