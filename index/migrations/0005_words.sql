-- The words of each chunk as numbers, for the last stage of a search (index/told.py).
CREATE TABLE words (
  chunk INTEGER PRIMARY KEY REFERENCES chunks (number) ON DELETE CASCADE,
  told BLOB NOT NULL
);
