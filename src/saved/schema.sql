-- A run of ssel. Unless noted otherwise, times are in seconds since the start of the run and data is in bytes.

-- What ran, and where: one row, or one per part of a merged run.
CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    command     TEXT NOT NULL,      -- run, eval, llm or wrk
    name        TEXT NOT NULL,      -- the script, model or URL
    part        TEXT,               -- the part of a run, I/N; NULL for a whole run
    run_id      TEXT,               -- ID of the run, the same in all its parts; NULL if there is none
    labels      TEXT NOT NULL,      -- JSON object of the labels
    script      TEXT NOT NULL,      -- text of the script; empty without one
    script_hash TEXT NOT NULL,      -- SHA-256 of that text
    options     TEXT NOT NULL,      -- JSON object of all resolved options
    seed        TEXT,
    version     TEXT NOT NULL,      -- version of ssel
    machine     TEXT NOT NULL,      -- JSON object: host, system, arch, cpu, cores, memory
    started     REAL NOT NULL,      -- seconds since the Unix epoch
    verdict     TEXT,               -- NULL if the run was cut off
    reason      TEXT
);

-- The end of the run; no row if it was cut off.
CREATE TABLE outcome (
    duration               REAL NOT NULL,
    iterations_complete    INTEGER NOT NULL,
    iterations_interrupted INTEGER NOT NULL,
    vus                    INTEGER NOT NULL,
    vus_max                INTEGER NOT NULL,
    rejected               INTEGER NOT NULL,    -- rejected samples
    streams_seen           INTEGER NOT NULL,
    client                 TEXT                 -- JSON object: the verdict on the client
);

-- The series: metrics, their sub-metrics, and checks.
CREATE TABLE series (
    id     INTEGER PRIMARY KEY,
    metric TEXT NOT NULL,
    kind   TEXT NOT NULL,           -- counter, gauge, rate or trend
    unit   TEXT NOT NULL,           -- plain, time (seconds) or data (bytes)
    tags   TEXT NOT NULL,           -- JSON object; {} for the whole metric
    part   TEXT NOT NULL            -- metric, part (a sub-metric), check, or labels (as pushed to stores)
);

-- The samples of each series in each second; no row for a second without samples.
CREATE TABLE frames (
    time      REAL NOT NULL,        -- start of the frame
    length    REAL NOT NULL,
    series    INTEGER NOT NULL REFERENCES series (id),
    count     INTEGER NOT NULL,     -- number of samples
    sum       REAL,                 -- for a rate: number of samples that are not zero
    min       REAL,
    max       REAL,
    value     REAL,                 -- for a gauge: the last value
    p50       REAL,
    p90       REAL,
    p95       REAL,
    p99       REAL,
    histogram BLOB,                 -- HdrHistogram V2, compressed: nanoseconds, millionths or bytes
    negative  BLOB                  -- the same for the magnitudes of negative values
);

-- The same for the whole run; empty if it was cut off.
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
    samples   BLOB                  -- the samples, if there are at most 10,000: little-endian doubles, zlib
);

-- Resources used by the load generator in each frame.
CREATE TABLE client (
    time   REAL PRIMARY KEY,
    length REAL NOT NULL,
    cpu    REAL NOT NULL,           -- seconds of CPU time
    memory INTEGER NOT NULL         -- bytes at the end of the frame
);

-- Failures by kind.
CREATE TABLE errors (
    source  TEXT NOT NULL,          -- http, sse, llm or iteration
    kind    TEXT NOT NULL,
    status  INTEGER,
    count   INTEGER NOT NULL,
    first   REAL NOT NULL,          -- start of the frame with the first one
    message TEXT NOT NULL           -- message of the first one
);

-- Failures by kind in each frame.
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

-- Individual streams: a sample and the first that failed, or all. Times are in seconds since the start of the stream.
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
    priority          TEXT NOT NULL     -- the streams with the lowest values form the sample
);

-- Frames with the names of their metrics.
CREATE VIEW metrics AS
    SELECT frames.time, frames.length, series.metric, series.tags, series.kind, series.unit,
           count, sum, min, max, value, p50, p90, p95, p99, frames.series
    FROM frames JOIN series ON series.id = frames.series
    WHERE series.part IN ('metric', 'part');
