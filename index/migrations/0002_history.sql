-- What a record said before it was replaced by a changed one of the same id.
CREATE TABLE history (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  record TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  replaced TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX history_record ON history (record);
