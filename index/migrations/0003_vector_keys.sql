-- What was embedded, as a hash, so that the same text is never embedded again.
ALTER TABLE chunks ADD COLUMN key BLOB;
CREATE INDEX chunks_key ON chunks (key) WHERE key IS NOT NULL;
