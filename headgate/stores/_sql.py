"""Every statement the store runs, and the columns they name. Tables are made in migrations/."""

from __future__ import annotations

from headgate.core.record import Attempt, Settled
from headgate.core.stores import Dimension, KeyRow
from headgate.core.usage import CLASSES

# -- keys and teams ------------------------------------------------------------------------------------------------------------

KEY_COLUMNS: tuple[str, ...] = KeyRow.__struct_fields__

BUMP = "UPDATE meta SET value = value + 1 WHERE name = 'access_version'"

VERSION = "SELECT value FROM meta WHERE name = 'access_version'"

ADD_KEY = """
    INSERT INTO keys (id, name, team_id, created_at_ms, role, models, expires_at_ms, digest, access_version)
    SELECT :id, :name, :team_id, :created_at_ms, :role, :models, :expires_at_ms, :digest,
           (SELECT value FROM meta WHERE name = 'access_version')
    WHERE NOT EXISTS (SELECT 1 FROM keys WHERE team_id = :team_id AND name = :name AND revoked_at_ms IS NULL)
"""

ADD_FIRST_KEY = f"{ADD_KEY} AND NOT EXISTS (SELECT 1 FROM keys WHERE role = :role)"

GET_KEY = f"SELECT {', '.join(KEY_COLUMNS)} FROM keys WHERE id = :id"

ALL_KEYS = f"SELECT {', '.join(KEY_COLUMNS)} FROM keys ORDER BY created_at_ms, id"

ROTATE_KEY = """
    UPDATE keys SET
        previous_digest = CASE WHEN :previous_until_ms > :at_ms THEN digest END,
        previous_until_ms = CASE WHEN :previous_until_ms > :at_ms THEN :previous_until_ms ELSE 0 END,
        digest = :digest,
        rotated_at_ms = :at_ms,
        access_version = (SELECT value FROM meta WHERE name = 'access_version')
    WHERE id = :id
"""

REVOKE_KEY = """
    UPDATE keys SET
        revoked_at_ms = :at_ms,
        access_version = (SELECT value FROM meta WHERE name = 'access_version')
    WHERE id = :id AND revoked_at_ms IS NULL
"""

CHANGED_KEYS = """
    SELECT id, name, team_id, digest, role, models, expires_at_ms, revoked_at_ms IS NOT NULL, previous_digest, previous_until_ms
    FROM keys WHERE access_version > :since
"""

ADD_TEAM = "INSERT INTO teams (id, name, created_at_ms) VALUES (:id, :name, :created_at_ms) ON CONFLICT DO NOTHING"

FIND_TEAM = """
    SELECT id, name, created_at_ms FROM teams WHERE id = :wanted OR name = :wanted
    ORDER BY id = :wanted DESC LIMIT 1
"""

ALL_TEAMS = "SELECT id, name, created_at_ms FROM teams ORDER BY created_at_ms, id"

# -- records -------------------------------------------------------------------------------------------------------------------

FACTS: tuple[str, ...] = tuple(name for name in Settled.__struct_fields__ if name not in ("usage", "attempts"))

USAGE_COLUMNS = tuple(f"usage_{name}" for name in CLASSES)

REQUEST_COLUMNS = (*FACTS, *USAGE_COLUMNS)

ATTEMPT_COLUMNS: tuple[str, ...] = Attempt.__struct_fields__

ADD_REQUEST = f"""
    INSERT INTO requests ({", ".join(REQUEST_COLUMNS)}) VALUES ({", ".join("?" * len(REQUEST_COLUMNS))})
    ON CONFLICT (id) DO NOTHING
"""

ADD_ATTEMPT = f"""
    INSERT INTO attempts (request_id, number, {", ".join(ATTEMPT_COLUMNS)}) VALUES ({", ".join("?" * (2 + len(ATTEMPT_COLUMNS)))})
    ON CONFLICT (request_id, number) DO NOTHING
"""

GET_REQUEST = f"SELECT {', '.join(REQUEST_COLUMNS)} FROM requests WHERE id = :id"

FILTERS = {
    "key_id": "key_id = :key_id",
    "team_id": "team_id = :team_id",
    "alias": "alias = :alias",
    "model": "model = :model",
    "deployment": "deployment = :deployment",
    "outcome": "outcome = :outcome",
    "since_us": "at_us >= :since_us",
    "until_us": "at_us < :until_us",
    "before_us": "(at_us, id) < (:before_us, :before_id)",
}


def page(filters: list[str]) -> str:
    """Newest first, only what passes `filters` (names in FILTERS)."""
    wanted = " AND ".join(FILTERS[name] for name in filters) or "TRUE"
    return f"SELECT {', '.join(REQUEST_COLUMNS)} FROM requests WHERE {wanted} ORDER BY at_us DESC, id DESC LIMIT :limit"


def attempts_of(count: int) -> str:
    """The attempts of `count` requests."""
    return f"""
        SELECT request_id, {", ".join(ATTEMPT_COLUMNS)} FROM attempts
        WHERE request_id IN ({", ".join("?" * count)}) ORDER BY request_id, number
    """


# -- usage ---------------------------------------------------------------------------------------------------------------------

DAY_US = 86_400_000_000

GROUPS: dict[Dimension, tuple[str, str, str]] = {
    # dimension: what to group by, the name people know it by, the order of the rows
    "team": ("team_id", "(SELECT name FROM teams WHERE id = value)", "cost_nano DESC, value"),
    "key": ("key_id", "(SELECT name FROM keys WHERE id = value)", "cost_nano DESC, value"),
    "model": ("model", "NULL", "cost_nano DESC, value"),
    "alias": ("alias", "NULL", "cost_nano DESC, value"),
    "deployment": ("deployment", "NULL", "cost_nano DESC, value"),
    "day": (f"at_us / {DAY_US}", "NULL", "value"),
}


def usage_by(dimension: Dimension) -> str:
    """One row for each value of `dimension`. Sums are of integers, so they are exact."""
    group, name, order = GROUPS[dimension]
    return f"""
        SELECT value, {name}, requests, errors, cost_nano, unpriced, {", ".join(USAGE_COLUMNS)} FROM (
            SELECT {group} AS value,
                   COUNT(*) AS requests,
                   SUM(CASE WHEN outcome IN ('ok', 'client_gone') THEN 0 ELSE 1 END) AS errors,
                   COALESCE(SUM(cost_nano), 0) AS cost_nano,
                   SUM(CASE WHEN cost_nano IS NULL THEN 1 ELSE 0 END) AS unpriced,
                   {", ".join(f"SUM({column}) AS {column}" for column in USAGE_COLUMNS)}
            FROM requests WHERE at_us >= :since_us AND at_us < :until_us GROUP BY {group}
        ) AS sums ORDER BY {order}
    """


# -- the recorder's bookkeeping ------------------------------------------------------------------------------------------------

POSITIONS = "SELECT segment, read_bytes FROM positions"

SET_POSITION = """
    INSERT INTO positions (segment, read_bytes) VALUES (:segment, :offset)
    ON CONFLICT (segment) DO UPDATE SET read_bytes = excluded.read_bytes
"""

FORGET_POSITION = "DELETE FROM positions WHERE segment = ?"

ADD_ADMISSION = """
    INSERT INTO admissions (id, writer, entry)
    SELECT :id, :writer, :entry WHERE NOT EXISTS (SELECT 1 FROM requests WHERE id = :id)
    ON CONFLICT (id) DO NOTHING
"""

CLOSE_ADMISSION = "DELETE FROM admissions WHERE id = ?"

OPEN_ADMISSIONS = "SELECT id, writer FROM admissions"

ADMISSIONS = "SELECT entry FROM admissions WHERE writer = :writer ORDER BY id"
