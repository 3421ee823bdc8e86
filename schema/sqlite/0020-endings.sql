-- Who ended a run is a fact: the stop that was asked for, and the newest run with its end.

ALTER TABLE environments ADD COLUMN stop_intent TEXT CHECK (stop_intent IS NULL OR json_type(stop_intent) = 'object'); -- JSON; the stop that MLEnv asked for last, and why
ALTER TABLE environments ADD COLUMN last_run TEXT CHECK (last_run IS NULL OR json_type(last_run) = 'object'); -- JSON; the newest run and how it ended; NULL: none since it was asked for

-- Version 0.1 knew the cause of one kind of stop, and of the others only the hold that keeps the container stopped.
UPDATE environments SET stop_intent = json_object(
    'containerId', json_extract(cure, '$.containerId'), 'startedAt', NULL,
    'cause', json_extract(cure, '$.of'), 'at', json_extract(cure, '$.at'), 'until', json_extract(cure, '$.at') + 600000)
  WHERE cure IS NOT NULL;
UPDATE environments SET stop_intent = (
    SELECT json_object('containerId', environments.container_id, 'startedAt', NULL,
      'cause', holds.kind, 'at', CASE holds.kind WHEN 'rebuilt' THEN 0 ELSE holds.at_ms END, 'until', holds.at_ms + 600000)
    FROM holds
    WHERE holds.project_id = environments.project_id
      AND holds.environment IN ('', environments.environment)
      AND holds.kind IN ('down', 'idle', 'lifetime', 'rebuilt')
    ORDER BY holds.at_ms LIMIT 1)
  WHERE container_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM holds
    WHERE holds.project_id = environments.project_id
      AND holds.environment IN ('', environments.environment)
      AND holds.kind IN ('down', 'idle', 'lifetime', 'rebuilt'));

-- A job that had ended stays ended, also where its container is gone. What is there is read from its container.
UPDATE environments SET last_run = json_object(
    'containerId', coalesce(container_id, ''), 'startedAt', NULL, 'digest', digest,
    'end', json_object('cause', phase, 'exitCode', NULL, 'at', NULL, 'watched', json('true')))
  WHERE phase IN ('completed', 'failed') AND container_id IS NULL;

ALTER TABLE environments DROP COLUMN cure;
