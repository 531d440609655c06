"""The tables of a journal, and the views that people read it through."""

from collections.abc import Sequence

from tunesmith.protocols.constraint import OutcomeConstraint
from tunesmith.protocols.objective import Objective

FORMAT = 1
"""Grows only when older versions could not read what newer ones write."""

TABLES = """
CREATE TABLE experiment (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at REAL,
    kind TEXT NOT NULL,
    trial TEXT,
    body TEXT NOT NULL,
    decisions TEXT
);
CREATE INDEX events_by_trial ON events (trial) WHERE trial IS NOT NULL;
CREATE TABLE control (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    action TEXT NOT NULL,
    trial TEXT,
    payload TEXT NOT NULL,
    taken_at REAL,
    refusal TEXT
);
"""

_DECISIONS = """
CREATE VIEW decisions AS
SELECT e.seq AS seq,
    e.at AS at,
    json_extract(d.value, '$.trial') AS trial,
    json_extract(d.value, '$.attempt') AS attempt,
    json_extract(d.value, '$.action') AS action,
    json_extract(d.value, '$.reason') AS reason,
    d.value AS body
FROM events e, json_each(e.decisions) d
WHERE e.decisions IS NOT NULL;
"""

_RESULTS = """
CREATE VIEW results AS
SELECT e.trial AS trial,
    json_extract(e.body, '$.attempt') AS attempt,
    json_extract(r.value, '$[0]') AS resource,
    json_extract(r.value, '$[1].training_iteration') AS training_iteration,
    json_extract(r.value, '$[1].time_total_s') AS time_total_s,
    json_extract(r.value, '$[1].timestamp') AS timestamp,
    json_extract(r.value, '$[1]') AS metrics,
    ({value}) AS value,
    e.seq AS seq,
    r.key AS place
FROM events e, json_each(e.body, '$.reports') r
WHERE e.kind = 'Reported';
"""

# SQLite takes a group's other columns from the row that has its only max(). The instr() conditions
# spare most rows a parse; what they let through is looked at properly.
_TRIALS = """
CREATE VIEW trials AS
WITH run AS (
    SELECT max(seq) AS seq, json_extract(body, '$.reason') AS reason
    FROM events WHERE kind IN ('RunStarted', 'RunEnded')
), life AS (
    SELECT trial, max(seq) AS seq, at, kind, body FROM events
    WHERE kind IN ('TrialStarted', 'TrialPaused', 'TrialEnded', 'TrialLost', 'Revived')
    GROUP BY trial
), started AS (
    SELECT trial, max(json_extract(body, '$.attempt')) AS attempts,
        min(CASE WHEN kind = 'TrialStarted' THEN at END) AS at
    FROM events WHERE kind IN ('TrialStarted', 'TrialLost') GROUP BY trial
), closed AS (
    SELECT json_extract(d.value, '$.trial') AS trial, max(e.seq) AS seq,
        json_extract(d.value, '$.outcome') AS outcome
    FROM events e, json_each(e.decisions) d
    WHERE instr(e.decisions, '"End"') AND json_extract(d.value, '$.action') = 'End'
    GROUP BY 1
), paused AS (
    SELECT json_extract(d.value, '$.trial') AS trial, max(e.seq) AS seq,
        json_extract(d.value, '$.reason') AS reason
    FROM events e, json_each(e.decisions) d
    WHERE instr(e.decisions, '"Pause"') AND json_extract(d.value, '$.action') = 'Pause'
    GROUP BY 1
), relaunched AS (
    SELECT json_extract(d.value, '$.trial') AS trial, max(e.seq) AS seq,
        json_extract(d.value, '$.config') AS config
    FROM events e, json_each(e.decisions) d
    WHERE instr(e.decisions, '"config"') AND json_extract(d.value, '$.action') = 'Launch'
        AND json_type(d.value, '$.config') = 'object'
    GROUP BY 1
), asked AS (
    SELECT trial, max(seq) AS seq, json_extract(body, '$.action') AS action,
        json_extract(body, '$.reason') AS reason
    FROM events WHERE kind = 'ControlRequested' AND trial IS NOT NULL
        AND json_extract(body, '$.action') IN ('pause', 'unpause')
    GROUP BY trial
), saved AS (
    SELECT trial, max(seq) AS seq, json_extract(body, '$.checkpoint.path') AS path
    FROM events WHERE kind = 'CheckpointSaved' GROUP BY trial
), reports AS (
    SELECT e.trial AS trial, e.seq * 1000000 + r.key AS rank, r.value AS report
    FROM events e, json_each(e.body, '$.reports') r WHERE e.kind = 'Reported'
), latest AS (
    SELECT trial, max(rank) AS rank, json_extract(report, '$[1].training_iteration') AS iterations,
        json_extract(report, '$[0]') AS resource
    FROM reports GROUP BY trial
), latest_value AS (
    SELECT trial, max(rank) AS rank, ({value}) AS value
    FROM reports r WHERE {carried} GROUP BY trial
), best_value AS (
    SELECT trial, {best}(value) AS value
    FROM (SELECT trial, ({value}) AS value FROM reports r WHERE {kept})
    WHERE typeof(value) IN ('integer', 'real') GROUP BY trial
), states AS (
    SELECT s.trial AS trial, s.seq AS seq, s.body AS body, life.at AS at, life.kind AS kind,
        life.body AS life, started.attempts AS attempts, started.at AS started_at,
        run.reason AS run_reason,
        life.kind = 'TrialStarted' AND run.seq > life.seq AS is_interrupted,
        CASE
            WHEN closed.seq = life.seq THEN closed.outcome
            WHEN life.kind = 'TrialStarted' AND run.seq < life.seq THEN 'running'
            WHEN life.kind = 'TrialPaused' THEN 'paused'
            WHEN life.kind = 'Revived' AND json_extract(life.body, '$.paused') THEN 'paused'
            WHEN life.kind = 'TrialEnded'
                AND json_extract(life.body, '$.outcome') <> 'interrupted'
            THEN json_extract(life.body, '$.outcome')
            WHEN asked.action = 'pause' THEN 'paused'
            ELSE 'pending'
        END AS status,
        CASE WHEN asked.action = 'pause' THEN asked.reason END AS held
    FROM events s CROSS JOIN run
    LEFT JOIN life ON life.trial = s.trial
    LEFT JOIN started ON started.trial = s.trial
    LEFT JOIN closed ON closed.trial = s.trial
    LEFT JOIN asked ON asked.trial = s.trial
    WHERE s.kind = 'Suggested'
)
SELECT t.trial AS trial,
    t.status AS status,
    coalesce(CASE
        WHEN t.status = 'paused' AND t.held IS NOT NULL THEN t.held
        WHEN t.is_interrupted THEN t.run_reason
        WHEN t.kind = 'TrialEnded' THEN json_extract(t.life, '$.reason')
        WHEN t.kind = 'TrialPaused' THEN paused.reason
        WHEN t.kind = 'TrialLost' THEN
            coalesce(json_extract(t.life, '$.reason'), json_extract(t.life, '$.failure'))
    END, '') AS reason,
    coalesce(t.attempts, 0) AS attempts,
    coalesce(relaunched.config, json_extract(t.body, '$.config')) AS config,
    latest.iterations AS iterations,
    latest.resource AS resource,
    latest_value.value AS last_value,
    best_value.value AS best_value,
    CASE
        WHEN t.status <> 'failed' THEN NULL
        WHEN t.kind = 'TrialEnded' THEN
            coalesce(
                json_extract(t.life, '$.error.type') || ': ' ||
                json_extract(t.life, '$.error.message'),
                'timeout: ' || json_extract(t.life, '$.reason'))
        WHEN t.kind = 'TrialLost' THEN
            json_extract(t.life, '$.failure') ||
            coalesce(': ' || json_extract(t.life, '$.reason'), '')
    END AS error,
    t.started_at AS started_at,
    CASE WHEN t.status IN ('completed', 'stopped', 'failed') THEN t.at END AS ended_at,
    saved.path AS checkpoint
FROM states t
LEFT JOIN paused ON paused.trial = t.trial
LEFT JOIN relaunched ON relaunched.trial = t.trial
LEFT JOIN saved ON saved.trial = t.trial
LEFT JOIN latest ON latest.trial = t.trial
LEFT JOIN latest_value ON latest_value.trial = t.trial
LEFT JOIN best_value ON best_value.trial = t.trial
ORDER BY t.seq;
"""


def views(objective: Objective, constraints: Sequence[OutcomeConstraint] = ()) -> str:
    """Return the SQL that creates the views of an experiment, scored by its first objective."""
    value, carried = _metric(objective.metric)
    best = "min" if objective.mode == "min" else "max"
    limits = [f"({_metric(c.metric)[0]}) {c.sense} {c.bound!r}" for c in constraints]
    return (
        _DECISIONS
        + _RESULTS.format(value=value.replace("{report}", "r.value"))
        + _TRIALS.format(
            value=value.replace("{report}", "r.report"),
            carried=carried.replace("{report}", "r.report"),
            best=best,
            kept=" AND ".join(["1", *limits]).replace("{report}", "r.report"),
        )
    )


def _metric(name: str) -> tuple[str, str]:
    """Return the SQL of a metric of `{report}`, and that of whether it is there."""
    quoted = name.replace("'", "''")
    if '"' in quoted or "\\" in quoted:
        # Such a key cannot be written in a JSON path of every SQLite version.
        of = f"FROM json_each({{report}}, '$[1]') m WHERE m.key = '{quoted}'"
        return f"SELECT m.value {of}", f"EXISTS (SELECT 1 {of})"
    path = f"{{report}}, '$[1].\"{quoted}\"'"
    return f"json_extract({path})", f"json_type({path}) IS NOT NULL"
