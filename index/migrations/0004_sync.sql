-- What sync knows of its sources: what it has seen, how far it has read, what is still owed.
CREATE TABLE sync_seen (
  stream TEXT NOT NULL,
  id INTEGER NOT NULL,
  house TEXT,
  body INTEGER,
  department TEXT,
  uin TEXT,
  day TEXT NOT NULL,
  state TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (stream, id)
) WITHOUT ROWID;
CREATE INDEX sync_seen_day ON sync_seen (stream, day);
CREATE INDEX sync_seen_state ON sync_seen (state, house);
CREATE TABLE sync_slices (
  scope TEXT NOT NULL,
  stream TEXT NOT NULL,
  first TEXT NOT NULL,
  last TEXT NOT NULL,
  total INTEGER NOT NULL,
  read TEXT NOT NULL,
  PRIMARY KEY (scope, stream, first)
) WITHOUT ROWID;
CREATE TABLE sync_cursors (
  scope TEXT NOT NULL,
  stream TEXT NOT NULL,
  since TEXT NOT NULL,
  until TEXT NOT NULL,
  read TEXT NOT NULL,
  PRIMARY KEY (scope, stream)
) WITHOUT ROWID;
CREATE TABLE sync_owed (
  stream TEXT NOT NULL,
  id INTEGER NOT NULL,
  reason TEXT NOT NULL,
  tries INTEGER NOT NULL,
  first_tried TEXT NOT NULL,
  PRIMARY KEY (stream, id)
) WITHOUT ROWID;
CREATE TABLE sync_pages (
  url TEXT PRIMARY KEY,
  etag TEXT,
  modified TEXT,
  body BLOB,
  used TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sync_files (
  url TEXT PRIMARY KEY,
  etag TEXT,
  modified TEXT,
  state TEXT NOT NULL,
  records INTEGER NOT NULL,
  read TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sync_runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  scope TEXT NOT NULL,
  started TEXT NOT NULL,
  ended TEXT,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL
);
