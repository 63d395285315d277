-- For SQLite and PostgreSQL. Times are seconds since the epoch, documents are JSON text.

CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    idempotency_key TEXT,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    redelivered INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    deadline DOUBLE PRECISION NOT NULL,
    retained_until DOUBLE PRECISION NOT NULL,
    request TEXT NOT NULL,
    weather TEXT,
    result TEXT,
    failure TEXT,
    callback TEXT,
    submitter TEXT NOT NULL,
    UNIQUE (client, idempotency_key)
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, deadline);
CREATE INDEX IF NOT EXISTS jobs_by_retention ON jobs (retained_until);
CREATE INDEX IF NOT EXISTS jobs_by_client ON jobs (client, id);
CREATE INDEX IF NOT EXISTS open_jobs ON jobs (submitter)
    WHERE state IN ('pending', 'running', 'partial');

CREATE TABLE IF NOT EXISTS outbox (
    message_id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    claimed_until DOUBLE PRECISION NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS outbox_by_type ON outbox (type, message_id);

CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    idempotency_key TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    retained_until DOUBLE PRECISION NOT NULL,
    UNIQUE (client, idempotency_key)
);
CREATE INDEX IF NOT EXISTS batches_by_retention ON batches (retained_until);
CREATE TABLE IF NOT EXISTS batch_jobs (
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (batch_id, position)
);

CREATE TABLE IF NOT EXISTS deliveries (
    webhook_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    PRIMARY KEY (webhook_id, number)
);
CREATE INDEX IF NOT EXISTS deliveries_by_job ON deliveries (job_id);
