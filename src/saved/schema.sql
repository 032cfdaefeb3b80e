-- A run of ssel. Times are seconds since the start of the run, unless said otherwise; data is in bytes.

-- Who ran what: one row, or one for each part of a merged run.
CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    command     TEXT NOT NULL,      -- run, eval, llm or wrk
    name        TEXT NOT NULL,      -- the script, model or URL
    part        TEXT,               -- which part of a run it is, I/N; NULL if it is none
    run_id      TEXT,               -- the same in all parts of a run, where something tells them from those of another
    labels      TEXT NOT NULL,      -- JSON object of --label
    script      TEXT NOT NULL,      -- text of the script, if there is one
    script_hash TEXT NOT NULL,      -- SHA-256 of that text
    options     TEXT NOT NULL,      -- JSON object of all options as resolved
    seed        TEXT,
    version     TEXT NOT NULL,      -- version of ssel
    machine     TEXT NOT NULL,      -- JSON object: host, system, arch, cpu, cores, memory
    started     REAL NOT NULL,      -- seconds since the Unix epoch
    verdict     TEXT,               -- NULL if the run was cut off
    reason      TEXT
);

-- What the run came to; no row if it was cut off.
CREATE TABLE outcome (
    duration               REAL NOT NULL,
    iterations_complete    INTEGER NOT NULL,
    iterations_interrupted INTEGER NOT NULL,
    vus                    INTEGER NOT NULL,
    vus_max                INTEGER NOT NULL,
    rejected               INTEGER NOT NULL,    -- samples that were not finite numbers
    streams_seen           INTEGER NOT NULL,
    client                 TEXT                 -- JSON object: whether the client was the limit, and why
);

-- What is summed up: metrics, their parts by tags, and checks.
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    metric TEXT NOT NULL,
    kind   TEXT NOT NULL,           -- counter, gauge, rate or trend
    unit   TEXT NOT NULL,           -- plain, time (seconds) or data (bytes)
    tags   TEXT NOT NULL,           -- JSON object; {} for the whole metric
    part   TEXT NOT NULL            -- metric, part, check; labels: as it is pushed to stores
);

-- What was recorded of each series in each second; no row for a second without samples.
CREATE TABLE frames (
    time      REAL NOT NULL,        -- when the frame begins
    length    REAL NOT NULL,
    series    INTEGER NOT NULL REFERENCES series (id),
    count     INTEGER NOT NULL,     -- samples
    sum       REAL,                 -- of a rate: how many are not zero
    min       REAL,
    max       REAL,
    value     REAL,                 -- of a gauge: what it was set to last
    p50       REAL,
    p90       REAL,
    p95       REAL,
    p99       REAL,
    histogram BLOB,                 -- HdrHistogram V2, compressed: nanoseconds, millionths or bytes
    negative  BLOB                  -- the same of the magnitudes of values below 0, if there are any
);

-- The same of the whole run; empty if it was cut off.
CREATE TABLE totals (
    series    INTEGER PRIMARY KEY REFERENCES series (id),
    count     INTEGER NOT NULL,
    sum       REAL,
    min       REAL,
    max       REAL,
    value     REAL,
    p50       REAL,
    p90       REAL,
    p95       REAL,
    p99       REAL,
    histogram BLOB,
    negative  BLOB,
    samples   BLOB                  -- up to 10,000 samples themselves: little-endian doubles, zlib
);

-- What the program that made the load took in each frame.
CREATE TABLE client (
    time   REAL PRIMARY KEY,
    length REAL NOT NULL,
    cpu    REAL NOT NULL,           -- seconds of processor time
    memory INTEGER NOT NULL         -- bytes at the end of the frame
);

-- What failed, by kind.
CREATE TABLE errors (
    source  TEXT NOT NULL,          -- http, sse, llm or iteration
    kind    TEXT NOT NULL,
    status  INTEGER,
    count   INTEGER NOT NULL,
    first   REAL NOT NULL,          -- the frame in which the first came
    message TEXT NOT NULL           -- what the first said
);

-- The same in each frame.
CREATE TABLE error_frames (
    time   REAL NOT NULL,
    source TEXT NOT NULL,
    kind   TEXT NOT NULL,
    status INTEGER,
    count  INTEGER NOT NULL
);

CREATE TABLE checks (
    name   TEXT NOT NULL,
    "group" TEXT NOT NULL,
    passes INTEGER NOT NULL,
    fails  INTEGER NOT NULL
);

CREATE TABLE thresholds (
    metric     TEXT NOT NULL,
    tags       TEXT NOT NULL,       -- JSON object
    kind       TEXT NOT NULL,
    unit       TEXT NOT NULL,
    expression TEXT NOT NULL,
    value      REAL,                -- NULL without samples, or if the run was cut off
    ok         INTEGER
);

CREATE TABLE notes (text TEXT NOT NULL);

-- Streams by themselves: a sample of them and the first that failed, or all. Their times are since their own start.
CREATE TABLE streams (
    id                INTEGER PRIMARY KEY,
    source            TEXT NOT NULL,    -- sse or llm
    name              TEXT NOT NULL,
    scenario          TEXT NOT NULL,
    start             REAL NOT NULL,    -- since the start of the run
    blocked           REAL NOT NULL,
    lookup            REAL NOT NULL,
    connecting        REAL NOT NULL,
    tls               REAL NOT NULL,
    sending           REAL NOT NULL,
    waiting           REAL NOT NULL,
    first_event       REAL,
    events            INTEGER NOT NULL,
    event_times       TEXT NOT NULL,    -- JSON array of up to 64 times
    longest_gap       REAL,
    longest_gap_at    REAL,
    duration          REAL NOT NULL,
    bytes             INTEGER NOT NULL,
    status            INTEGER,
    "end"             TEXT NOT NULL,    -- ok, or the kind of failure
    error             TEXT NOT NULL,
    prompt_tokens     INTEGER,
    completion_tokens INTEGER,
    priority          TEXT NOT NULL     -- streams with the least of these make the sample
);

-- Frames with the names of their metrics.
CREATE VIEW metrics AS
    SELECT frames.time, frames.length, series.metric, series.tags, series.kind, series.unit,
           count, sum, min, max, value, p50, p90, p95, p99, frames.series
    FROM frames JOIN series ON series.id = frames.series
    WHERE series.part IN ('metric', 'part');
