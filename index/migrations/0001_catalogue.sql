-- What is indexed.  See docs/architecture.md for how it is used.
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  content_hash TEXT NOT NULL,
  body TEXT NOT NULL,
  kind TEXT NOT NULL,
  house TEXT,
  department TEXT,
  asked TEXT,
  answered TEXT,
  asker_id INTEGER,
  asker_name TEXT,
  answerer_id INTEGER,
  answerer_name TEXT,
  uin TEXT,
  is_holding INTEGER NOT NULL,
  is_truncated INTEGER NOT NULL,
  is_summary INTEGER NOT NULL,
  is_correction INTEGER NOT NULL,
  is_withdrawn INTEGER NOT NULL,
  added TEXT NOT NULL
);
CREATE INDEX records_department ON records (department);
CREATE INDEX records_house ON records (house);
CREATE INDEX records_asked ON records (asked);
CREATE INDEX records_answered ON records (answered);
CREATE INDEX records_asker ON records (asker_id);
CREATE INDEX records_answerer ON records (answerer_id);
CREATE INDEX records_uin ON records (uin);
CREATE TABLE chunks (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  record INTEGER NOT NULL REFERENCES records (number),
  ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  header TEXT NOT NULL,
  vector BLOB NOT NULL
);
CREATE INDEX chunks_record ON chunks (record);
CREATE TABLE outbox (chunk INTEGER PRIMARY KEY, action TEXT NOT NULL);
CREATE TABLE refusals (
  file TEXT NOT NULL, record TEXT NOT NULL, reason TEXT NOT NULL, noticed TEXT NOT NULL,
  PRIMARY KEY (file, record)
);
CREATE INDEX refusals_record ON refusals (record);
