-- Bodies of rows and jobs may be packed from here on (tables/packed.rs): an older release must not read them. Those
-- that are there already stay as they are.

-- Whose previews there are is walked through the living ones or the gone ones, and checked phase by phase: an index that
-- had the phase was written twice, each time in another place, whenever a preview went on to another phase.
ALTER TABLE previews ADD COLUMN is_gone INTEGER NOT NULL DEFAULT 0;
UPDATE previews SET is_gone = 1 WHERE phase IN ('destroyed', 'failed');
DROP INDEX previews_owner;
DROP INDEX previews_repository;
CREATE INDEX previews_owner      ON previews (owner, is_gone, created_at);
CREATE INDEX previews_repository ON previews (repository, is_gone, created_at) WHERE repository IS NOT NULL;

-- A short id is the beginning of an id, so the index of those finds it too.
DROP TABLE shorts;
