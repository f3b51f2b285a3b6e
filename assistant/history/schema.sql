-- Conversations and feedback.  Records are kept as they stood when they were quoted, each once.
CREATE TABLE conversations (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  title TEXT NOT NULL,
  created TEXT NOT NULL,
  updated TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX conversations_owner ON conversations (owner, updated);
CREATE TABLE turns (
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  question TEXT NOT NULL,
  filters TEXT NOT NULL,
  answer TEXT NOT NULL,
  words TEXT NOT NULL,
  asked TEXT NOT NULL,
  PRIMARY KEY (conversation, number)
);
CREATE TABLE snapshots (hash TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE turn_snapshots (
  conversation TEXT NOT NULL,
  number INTEGER NOT NULL,
  hash TEXT NOT NULL REFERENCES snapshots (hash),
  PRIMARY KEY (conversation, number, hash),
  FOREIGN KEY (conversation, number) REFERENCES turns (conversation, number) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX turn_snapshots_hash ON turn_snapshots (hash);
CREATE TABLE feedback (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  noted TEXT NOT NULL,
  useful INTEGER NOT NULL,
  reason TEXT NOT NULL,
  question TEXT NOT NULL,
  history TEXT NOT NULL,
  filters TEXT NOT NULL,
  kind TEXT NOT NULL,
  composer TEXT NOT NULL,
  answer TEXT NOT NULL,
  retrieved TEXT NOT NULL,
  cited TEXT NOT NULL,
  quoted TEXT NOT NULL
);
PRAGMA user_version = 1;
