-- Who may call, and what each request was. A script that has been released is never edited: write the next one.

CREATE TABLE teams (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at_ms BIGINT NOT NULL
);

INSERT INTO teams (id, name, created_at_ms) VALUES ('default', 'default', CAST(strftime('%s', 'now') AS INTEGER) * 1000);

CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    team_id TEXT NOT NULL REFERENCES teams (id),
    created_at_ms BIGINT NOT NULL,
    role TEXT NOT NULL,
    models TEXT,
    expires_at_ms BIGINT,
    revoked_at_ms BIGINT,
    rotated_at_ms BIGINT,
    previous_until_ms BIGINT NOT NULL DEFAULT 0,
    digest BLOB NOT NULL,
    previous_digest BLOB,
    access_version BIGINT NOT NULL
);

CREATE UNIQUE INDEX keys_name_in_use ON keys (team_id, name) WHERE revoked_at_ms IS NULL;

CREATE INDEX keys_by_version ON keys (access_version);

CREATE TABLE requests (
    id TEXT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,
    route TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status_code INTEGER NOT NULL,
    error TEXT,
    key_id TEXT,
    team_id TEXT,
    alias TEXT,
    deployment TEXT,
    provider TEXT,
    model TEXT,
    stream INTEGER NOT NULL,
    queue_us BIGINT,
    upstream_first_byte_us BIGINT,
    first_content_us BIGINT,
    total_us BIGINT NOT NULL,
    usage_source TEXT NOT NULL,
    cost_nano BIGINT,
    price_version TEXT,
    usage_input BIGINT NOT NULL,
    usage_cache_read BIGINT NOT NULL,
    usage_cache_write_5m BIGINT NOT NULL,
    usage_cache_write_30m BIGINT NOT NULL,
    usage_cache_write_1h BIGINT NOT NULL,
    usage_cache_write_12h BIGINT NOT NULL,
    usage_output BIGINT NOT NULL,
    usage_reasoning BIGINT NOT NULL,
    usage_input_audio BIGINT NOT NULL,
    usage_output_audio BIGINT NOT NULL,
    usage_input_image BIGINT NOT NULL,
    usage_output_image BIGINT NOT NULL,
    usage_web_searches BIGINT NOT NULL
);

CREATE INDEX requests_by_time ON requests (at_us, id);

CREATE INDEX requests_by_key ON requests (key_id, at_us, id);

CREATE INDEX requests_by_team ON requests (team_id, at_us, id);

CREATE INDEX requests_by_model ON requests (model, at_us, id);

CREATE TABLE attempts (
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    deployment TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    started_us BIGINT NOT NULL,
    ended_us BIGINT NOT NULL,
    status_code INTEGER NOT NULL,
    error TEXT,
    upstream_request_id TEXT,
    PRIMARY KEY (request_id, number)
) WITHOUT ROWID;

CREATE TABLE admissions (
    id TEXT NOT NULL PRIMARY KEY,
    writer TEXT NOT NULL,
    entry BLOB NOT NULL
);

CREATE INDEX admissions_by_writer ON admissions (writer);

CREATE TABLE positions (
    segment TEXT NOT NULL PRIMARY KEY,
    read_bytes BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('access_version', 1);
