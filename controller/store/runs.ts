import { parseKey, type EnvironmentKey } from '../model/key.ts';
import { runsKept, type RunRecord, type RunTable } from '../model/runs.ts';
import type { Connection } from './connection.ts';

export const runTable = (db: Connection): RunTable => {
  const of = db.prepare<[string, string, number], RunRow>(
    'SELECT * FROM runs WHERE project_id = ? AND environment = ? ORDER BY run DESC LIMIT ?',
  );
  const one = db.prepare<[string, string, number], RunRow>(
    'SELECT * FROM runs WHERE project_id = ? AND environment = ? AND run = ?',
  );
  const ofContainer = db.prepare<[string], RunRow>(
    'SELECT * FROM runs WHERE container_id = ? ORDER BY run DESC',
  );
  const withCopies = db.prepare<[], RunRow>(
    "SELECT * FROM runs WHERE log_state = 'kept' ORDER BY ended_at_ms, started_at_ms, run",
  );
  const put = db.prepare<[RunRow]>(
    `INSERT OR REPLACE INTO runs VALUES (@project_id, @environment, @run, @container_id, @generation,
       @revision, @started_at_ms, @ended_at_ms, @exit_code, @cause, @log_state, @log_bytes, @log_note)`,
  );
  const forget = db.prepare<[string, string, number]>(
    'DELETE FROM runs WHERE project_id = ? AND environment = ? AND run <= ?',
  );
  return {
    newest: (key) => rows(of.all(...at(key), 1))[0] ?? null,
    get: (key, run) => rows(one.all(...at(key), run))[0] ?? null,
    of: (key, limit) => rows(of.all(...at(key), limit)),
    ofContainer: (containerId) => rows(ofContainer.all(containerId)),
    withCopies: () => rows(withCopies.all()),
    put: (run) => {
      put.run(toRow(run));
      forget.run(run.projectId, run.environment, run.run - runsKept);
    },
  };
};

interface RunRow {
  readonly project_id: string;
  readonly environment: string;
  readonly run: number;
  readonly container_id: string;
  readonly generation: number;
  readonly revision: string;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly exit_code: number | null;
  readonly cause: string | null;
  readonly log_state: RunRecord['log']['state'];
  readonly log_bytes: number;
  readonly log_note: string;
}

const at = (key: EnvironmentKey): readonly [string, string] => {
  const { projectId, environment } = parseKey(key);
  return [projectId, environment];
};

const rows = (found: readonly RunRow[]): readonly RunRecord[] => found.map(fromRow);

const fromRow = (row: RunRow): RunRecord => ({
  projectId: row.project_id,
  environment: row.environment,
  run: row.run,
  containerId: row.container_id,
  generation: row.generation,
  revision: row.revision,
  startedAt: row.started_at_ms,
  endedAt: row.ended_at_ms,
  exitCode: row.exit_code,
  cause: row.cause,
  log: { state: row.log_state, bytes: row.log_bytes, note: row.log_note },
});

const toRow = (run: RunRecord): RunRow => ({
  project_id: run.projectId,
  environment: run.environment,
  run: run.run,
  container_id: run.containerId,
  generation: run.generation,
  revision: run.revision,
  started_at_ms: run.startedAt,
  ended_at_ms: run.endedAt,
  exit_code: run.exitCode,
  cause: run.cause,
  log_state: run.log.state,
  log_bytes: run.log.bytes,
  log_note: run.log.note,
});
