BEGIN TRANSACTION;
CREATE TABLE control (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    action TEXT NOT NULL,
    trial TEXT,
    payload TEXT NOT NULL,
    taken_at REAL,
    refusal TEXT
);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at REAL,
    kind TEXT NOT NULL,
    trial TEXT,
    body TEXT NOT NULL,
    decisions TEXT
);
INSERT INTO "events" VALUES(1,1.7952768169028654098e+09,'RunStarted',NULL,'{}',NULL);
INSERT INTO "events" VALUES(2,1.7952768167939367294e+09,'CapacityChanged',NULL,'{"slots":1}',NULL);
INSERT INTO "events" VALUES(3,1.79527681690354299539e+09,'Suggested','0001','{"config":{"x":0.6879840662399174,"act":"relu"}}','[{"action":"Launch","trial":"0001","attempt":1}]');
INSERT INTO "events" VALUES(4,1.79527681690382480625e+09,'TrialStarted','0001','{"attempt":1,"worker":"vm:23507"}',NULL);
INSERT INTO "events" VALUES(5,1.79527681695084285733e+09,'CheckpointSaved','0001','{"attempt":1,"checkpoint":{"trial":"0001","resource":1.0,"path":"trials/0001/checkpoints/000001-a1","size":331,"iteration":1,"elapsed_s":0.022932996002055006}}',NULL);
INSERT INTO "events" VALUES(6,1.79527681695086288454e+09,'Reported','0001','{"attempt":1,"reports":[[1.0,{"loss":0.6879840662399174,"note":"ok","training_iteration":1,"time_total_s":0.022932996002055006,"timestamp":1795276816.9497604}]]}',NULL);
INSERT INTO "events" VALUES(7,1.79527681695451116561e+09,'CheckpointSaved','0001','{"attempt":1,"checkpoint":{"trial":"0001","resource":2.0,"path":"trials/0001/checkpoints/000002-a1","size":329,"iteration":2,"elapsed_s":0.02523161300268839}}',NULL);
INSERT INTO "events" VALUES(8,1.79527681695452594754e+09,'Reported','0001','{"attempt":1,"reports":[[2.0,{"loss":0.3439920331199587,"note":"ok","training_iteration":2,"time_total_s":0.02523161300268839,"timestamp":1795276816.9536304}]]}',NULL);
INSERT INTO "events" VALUES(9,1.79527681696356582641e+09,'CheckpointSaved','0001','{"attempt":1,"checkpoint":{"trial":"0001","resource":3.0,"path":"trials/0001/checkpoints/000003-a1","size":332,"iteration":3,"elapsed_s":0.032048718003352406}}',NULL);
INSERT INTO "events" VALUES(10,1.79527681696358680724e+09,'Reported','0001','{"attempt":1,"reports":[[3.0,{"loss":0.22932802207997247,"note":"ok","training_iteration":3,"time_total_s":0.032048718003352406,"timestamp":1795276816.9617012}]]}',NULL);
INSERT INTO "events" VALUES(11,1.79527681697782897944e+09,'TrialEnded','0001','{"attempt":1,"outcome":"completed"}',NULL);
INSERT INTO "events" VALUES(12,1.79527681697816634178e+09,'Suggested','0002','{"config":{"x":0.7902750015093034,"act":"relu"}}','[{"action":"Launch","trial":"0002","attempt":1}]');
INSERT INTO "events" VALUES(13,1.79527681697851371764e+09,'TrialStarted','0002','{"attempt":1,"worker":"vm:23507"}',NULL);
INSERT INTO "events" VALUES(14,1.79527681698666167261e+09,'CheckpointSaved','0002','{"attempt":1,"checkpoint":{"trial":"0002","resource":1.0,"path":"trials/0002/checkpoints/000001-a1","size":333,"iteration":1,"elapsed_s":0.0069973409990780056}}',NULL);
INSERT INTO "events" VALUES(15,1.79527681698668074611e+09,'Reported','0002','{"attempt":1,"reports":[[1.0,{"loss":0.7902750015093034,"note":"ok","training_iteration":1,"time_total_s":0.0069973409990780056,"timestamp":1795276816.9855945}]]}',NULL);
INSERT INTO "events" VALUES(16,1.79527681699480986601e+09,'CheckpointSaved','0002','{"attempt":1,"checkpoint":{"trial":"0002","resource":2.0,"path":"trials/0002/checkpoints/000002-a1","size":331,"iteration":2,"elapsed_s":0.013569499998993706}}',NULL);
INSERT INTO "events" VALUES(17,1.79527681699482798572e+09,'Reported','0002','{"attempt":1,"reports":[[2.0,{"loss":0.3951375007546517,"note":"ok","training_iteration":2,"time_total_s":0.013569499998993706,"timestamp":1795276816.9936774}]]}',NULL);
INSERT INTO "events" VALUES(18,1.79527681699916434286e+09,'CheckpointSaved','0002','{"attempt":1,"checkpoint":{"trial":"0002","resource":3.0,"path":"trials/0002/checkpoints/000003-a1","size":332,"iteration":3,"elapsed_s":0.013749194997217273}}',NULL);
INSERT INTO "events" VALUES(19,1.79527681699918413159e+09,'Reported','0002','{"attempt":1,"reports":[[3.0,{"loss":0.26342500050310114,"note":"ok","training_iteration":3,"time_total_s":0.013749194997217273,"timestamp":1795276816.9982054}]]}',NULL);
INSERT INTO "events" VALUES(20,1.79527681701789164543e+09,'TrialEnded','0002','{"attempt":1,"outcome":"completed"}',NULL);
INSERT INTO "events" VALUES(21,1.79527681701824951172e+09,'Suggested','0003','{"config":{"x":0.0011769491713662372,"act":"relu"}}','[{"action":"Launch","trial":"0003","attempt":1}]');
INSERT INTO "events" VALUES(22,1.79527681703372406956e+09,'TrialStarted','0003','{"attempt":1,"worker":"vm:23507"}',NULL);
INSERT INTO "events" VALUES(23,1.79527681703518724441e+09,'CheckpointSaved','0003','{"attempt":1,"checkpoint":{"trial":"0003","resource":1.0,"path":"trials/0003/checkpoints/000001-a1","size":338,"iteration":1,"elapsed_s":0.00010624900096445344}}',NULL);
INSERT INTO "events" VALUES(24,1795276817.0352,'Reported','0003','{"attempt":1,"reports":[[1.0,{"loss":0.0011769491713662372,"note":"ok","training_iteration":1,"time_total_s":0.00010624900096445344,"timestamp":1795276817.0339322}]]}',NULL);
INSERT INTO "events" VALUES(25,1.79527681703857183454e+09,'CheckpointSaved','0003','{"attempt":1,"checkpoint":{"trial":"0003","resource":2.0,"path":"trials/0003/checkpoints/000002-a1","size":319,"iteration":2,"elapsed_s":0.00018851200002245605}}',NULL);
INSERT INTO "events" VALUES(26,1.7952768170385830402e+09,'Reported','0003','{"nonfinite":{"nan":[["reports",0,1,"loss"]]},"attempt":1,"reports":[[2.0,{"loss":null,"note":"ok","training_iteration":2,"time_total_s":0.00018851200002245605,"timestamp":1795276817.037856}]]}',NULL);
INSERT INTO "events" VALUES(27,1.79527681704284644125e+09,'CheckpointSaved','0003','{"attempt":1,"checkpoint":{"trial":"0003","resource":3.0,"path":"trials/0003/checkpoints/000003-a1","size":320,"iteration":3,"elapsed_s":0.00029965900102979504}}',NULL);
INSERT INTO "events" VALUES(28,1.79527681704285597798e+09,'Reported','0003','{"nonfinite":{"nan":[["reports",0,1,"loss"]]},"attempt":1,"reports":[[3.0,{"loss":null,"note":"ok","training_iteration":3,"time_total_s":0.00029965900102979504,"timestamp":1795276817.0420794}]]}',NULL);
INSERT INTO "events" VALUES(29,1.7952768170575921535e+09,'TrialEnded','0003','{"attempt":1,"outcome":"completed"}',NULL);
INSERT INTO "events" VALUES(30,1.7952768170578696727e+09,'Suggested','0004','{"config":{"x":0.820274733118529,"act":"relu"}}','[{"action":"Launch","trial":"0004","attempt":1}]');
INSERT INTO "events" VALUES(31,1.79527681707370781894e+09,'TrialStarted','0004','{"attempt":1,"worker":"vm:23507"}',NULL);
INSERT INTO "events" VALUES(32,1.79527681707861757275e+09,'CheckpointSaved','0004','{"attempt":1,"checkpoint":{"trial":"0004","resource":1.0,"path":"trials/0004/checkpoints/000001-a1","size":334,"iteration":1,"elapsed_s":0.00018011599968303926}}',NULL);
INSERT INTO "events" VALUES(33,1.79527681707862949364e+09,'Reported','0004','{"attempt":1,"reports":[[1.0,{"loss":0.820274733118529,"note":"ok","training_iteration":1,"time_total_s":0.00018011599968303926,"timestamp":1795276817.0739827}]]}',NULL);
INSERT INTO "events" VALUES(34,1.79527681710969781877e+09,'CheckpointSaved','0004','{"attempt":1,"checkpoint":{"trial":"0004","resource":2.0,"path":"trials/0004/checkpoints/000002-a1","size":334,"iteration":2,"elapsed_s":0.00037901699761277996}}',NULL);
INSERT INTO "events" VALUES(35,1.79527681710971450798e+09,'Reported','0004','{"attempt":1,"reports":[[2.0,{"loss":0.4101373665592645,"note":"ok","training_iteration":2,"time_total_s":0.00037901699761277996,"timestamp":1795276817.103192}]]}',NULL);
INSERT INTO "events" VALUES(36,1.7952768171330013275e+09,'CheckpointSaved','0004','{"attempt":1,"checkpoint":{"trial":"0004","resource":3.0,"path":"trials/0004/checkpoints/000003-a1","size":334,"iteration":3,"elapsed_s":0.0006182839970279019}}',NULL);
INSERT INTO "events" VALUES(37,1795276817.13302,'Reported','0004','{"attempt":1,"reports":[[3.0,{"loss":0.27342491103950967,"note":"ok","training_iteration":3,"time_total_s":0.0006182839970279019,"timestamp":1795276817.1295934}]]}',NULL);
INSERT INTO "events" VALUES(38,1.79527681716562747954e+09,'TrialEnded','0004','{"attempt":1,"outcome":"completed"}',NULL);
INSERT INTO "events" VALUES(39,1.79527681716604781145e+09,'Suggested','0005','{"config":{"x":0.54426363606293,"act":{"name":"selu","slope":3}}}','[{"action":"Launch","trial":"0005","attempt":1}]');
INSERT INTO "events" VALUES(40,1.79527681718381977083e+09,'TrialStarted','0005','{"attempt":1,"worker":"vm:23507"}',NULL);
INSERT INTO "events" VALUES(41,1.79527681719468832017e+09,'CheckpointSaved','0005','{"attempt":1,"checkpoint":{"trial":"0005","resource":1.0,"path":"trials/0005/checkpoints/000001-a1","size":330,"iteration":1,"elapsed_s":0.0017440129995520692}}',NULL);
INSERT INTO "events" VALUES(42,1.79527681719470500951e+09,'Reported','0005','{"attempt":1,"reports":[[1.0,{"loss":0.54426363606293,"note":"ok","training_iteration":1,"time_total_s":0.0017440129995520692,"timestamp":1795276817.185673}]]}',NULL);
INSERT INTO "events" VALUES(43,1.79527681721622467047e+09,'CheckpointSaved','0005','{"attempt":1,"checkpoint":{"trial":"0005","resource":2.0,"path":"trials/0005/checkpoints/000002-a1","size":331,"iteration":2,"elapsed_s":0.0054380930014303885}}',NULL);
INSERT INTO "events" VALUES(44,1.79527681721624612814e+09,'Reported','0005','{"attempt":1,"reports":[[2.0,{"loss":0.272131818031465,"note":"ok","training_iteration":2,"time_total_s":0.0054380930014303885,"timestamp":1795276817.209642}]]}',NULL);
INSERT INTO "events" VALUES(45,1.79527681724241518971e+09,'CheckpointSaved','0005','{"attempt":1,"checkpoint":{"trial":"0005","resource":3.0,"path":"trials/0005/checkpoints/000003-a1","size":329,"iteration":3,"elapsed_s":0.009969124999770429}}',NULL);
INSERT INTO "events" VALUES(46,1.79527681724242782587e+09,'Reported','0005','{"attempt":1,"reports":[[3.0,{"loss":0.1814212120209767,"note":"ok","training_iteration":3,"time_total_s":0.009969124999770429,"timestamp":1795276817.22165}]]}',NULL);
INSERT INTO "events" VALUES(47,1.79527681726785492901e+09,'TrialEnded','0005','{"attempt":1,"outcome":"completed"}',NULL);
INSERT INTO "events" VALUES(48,1.7952768172682638169e+09,'Suggested','0006','{"config":{"x":0.9136113822439255,"act":"relu"}}','[{"action":"Launch","trial":"0006","attempt":1}]');
INSERT INTO "events" VALUES(49,1.7952768172843923569e+09,'TrialStarted','0006','{"attempt":1,"worker":"vm:23507"}',NULL);
INSERT INTO "events" VALUES(50,1.7952768172863261699e+09,'TrialEnded','0006','{"attempt":1,"outcome":"failed","error":{"type":"ValueError","message":"x=0.9136113822439255 is too large","traceback":"Traceback: x=0.9136113822439255 is too large","fingerprint":"dd52db77dd05"},"failure":"user_error"}',NULL);
INSERT INTO "events" VALUES(51,1.79527681728679919239e+09,'RunEnded',NULL,'{"status":"completed"}',NULL);
CREATE TABLE experiment (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "experiment" VALUES('format','1');
INSERT INTO "experiment" VALUES('header','{"name":"golden","trainable":"train","importable":false,"space":{"x":{"uniform":[0.0,1.0]},"act":{"choice":["relu",{"name":"selu","slope":3}]}},"objectives":[{"metric":"loss","mode":"min"}],"searcher":{"name":"random"},"scheduler":{"name":"fifo"},"executor":{"name":"inline"},"num_samples":6,"seed":6,"resource":"training_iteration","max_resource":null,"plugins":{"tunesmith-core":"0.1.0"},"created_at":1795276816.7954676,"version":"0.1.0","extra":{"options":{"num_samples":6,"stop":null,"time_budget_s":null,"max_concurrent":null,"resources":{"bundles":[{"cpu":1.0}],"strategy":"PACK"},"checkpoint":{"every":null,"at_end":true,"keep":1,"budget":null},"failure":{"max_retries":{},"fail_fast":false,"stop_after_identical":5,"trial_timeout_s":null,"watchdog_s":600.0},"points_to_evaluate":[],"constraint":[],"callbacks":[],"verbose":0},"max_concurrent":1,"cells":1,"lookahead":0}}');
INSERT INTO "experiment" VALUES('writer','someone');
CREATE INDEX events_by_trial ON events (trial) WHERE trial IS NOT NULL;
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
CREATE VIEW results AS
SELECT e.trial AS trial,
    json_extract(e.body, '$.attempt') AS attempt,
    json_extract(r.value, '$[0]') AS resource,
    json_extract(r.value, '$[1].training_iteration') AS training_iteration,
    json_extract(r.value, '$[1].time_total_s') AS time_total_s,
    json_extract(r.value, '$[1].timestamp') AS timestamp,
    json_extract(r.value, '$[1]') AS metrics,
    (json_extract(r.value, '$[1]."loss"')) AS value,
    e.seq AS seq,
    r.key AS place
FROM events e, json_each(e.body, '$.reports') r
WHERE e.kind = 'Reported';
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
    SELECT trial, max(rank) AS rank, (json_extract(r.report, '$[1]."loss"')) AS value
    FROM reports r WHERE json_type(r.report, '$[1]."loss"') IS NOT NULL GROUP BY trial
), best_value AS (
    SELECT trial, min(value) AS value FROM (SELECT trial, (json_extract(r.report, '$[1]."loss"')) AS value FROM reports r)
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
COMMIT;
PRAGMA user_version = 1;
