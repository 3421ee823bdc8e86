import { ApiError, type EnvironmentRef } from '../model/api.ts';
import { environmentKey } from '../model/key.ts';
import type { LogChunk } from '../model/ports.ts';
import type { EnvironmentRecord, ProjectRecord } from '../model/record.ts';
import {
  logWindow,
  runLogName,
  type LogQuery,
  type RunItem,
  type RunRecord,
  type RunsReport,
} from '../model/runs.ts';
import type { Store } from '../model/store.ts';
import type { Core } from '../reconcile/core.ts';
import { lastLines } from './last-lines.ts';
import { findEnvironment, findProjects, type Seen } from './resolve.ts';

export interface FoundRuns {
  readonly project: ProjectRecord;
  readonly environment: string;
  /** null: it is forgotten, and its runs are kept for their time. */
  readonly record: EnvironmentRecord | null;
}

/** An environment, also one of which only its runs are left. Throws ApiError. */
export const findRuns = (store: Seen, ref: EnvironmentRef): FoundRuns => {
  try {
    return { ...findEnvironment(store, ref), environment: ref.environment };
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.code !== 'not-found') throw thrown;
    const [project, ...more] = findProjects(store, scopeOf(ref)).filter(
      ({ id }) => store.runs.newest(keyOf(id, ref.environment)) !== null,
    );
    if (project === undefined || more.length > 0) throw thrown;
    return { project, environment: ref.environment, record: null };
  }
};

export const runsReport = (store: Store, ref: EnvironmentRef, limit: number): RunsReport => {
  const { project, environment } = findRuns(store, ref);
  return {
    items: store.runs.of(keyOf(project.id, environment), limit).map((run) => itemOf(project, run)),
  };
};

/** What the present container wrote, or one run. */
export const logsOf = (
  core: Core,
  ref: EnvironmentRef,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogChunk> => {
  const { follow, tail, run } = query;
  if (run === undefined) {
    return core.deps.reader.logs(containerOf(core, ref), { follow, tail }, signal);
  }
  if (follow) {
    throw new ApiError(
      'usage',
      '--follow shows what the present container writes, and goes with neither --previous nor --run',
    );
  }
  const { store } = core.deps;
  const found = findRuns(store, ref);
  const wanted = run === 'previous' ? previousOf(store, found) : numbered(store, found, run);
  return logOfRun(core, wanted, tail, signal);
};

/** The engine's id of the present container. Throws ApiError 'refused' where there is none. */
export const containerOf = ({ deps: { store } }: Core, ref: EnvironmentRef): string => {
  const { project, environment, record } = findRuns(store, ref);
  const containerId = record?.containerId ?? null;
  if (containerId !== null) return containerId;
  const why = record === null ? 'it is forgotten' : `${record.reason}: ${record.message}`;
  const hint =
    store.runs.newest(keyOf(project.id, environment)) === null
      ? ''
      : `; its last run: mlenv logs ${environment} --previous`;
  throw new ApiError('refused', `${environment} has no container now (${why})${hint}`);
};

async function* logOfRun(
  { deps: { store, reader, runLogs } }: Core,
  run: RunRecord,
  tail: number | null,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  const { log } = run;
  const name = `run ${run.run} of ${run.environment}`;
  if (log.state === 'none')
    throw new ApiError('refused', `there is no log of ${name}: ${log.note}`);
  if (log.state === 'kept') {
    const copy = await runLogs.read(runLogName(run));
    if (copy === null) {
      throw new ApiError(
        'refused',
        `there is no log of ${name}: its copy was dropped, as the disk of the state folder was short`,
      );
    }
    if (log.note !== '') yield said(`[mlenv: ${log.note}]\n`);
    yield* lastLines(copy, tail);
    return;
  }
  const { since, until } = logWindow(run, store.runs.ofContainer(run.containerId));
  const fault = { why: '' };
  const chunks = reader.logs(
    run.containerId,
    // The engine counts lines from the end of all that it has.
    { follow: false, tail: null, since, until, onFault: (why) => (fault.why = why) },
    signal,
  );
  yield* lastLines(chunks, tail);
  if (fault.why !== '') throw new ApiError('engine', fault.why);
}

/** The one before the present: of a container that is gone, its last one. */
const previousOf = (store: Store, found: FoundRuns): RunRecord => {
  const [newest, before] = store.runs.of(keyOf(found.project.id, found.environment), 2);
  const isPresent =
    newest !== undefined &&
    (newest.cause === null || newest.containerId === found.record?.containerId);
  const previous = isPresent ? before : newest;
  if (previous !== undefined) return previous;
  throw new ApiError('not-found', `no run of ${found.environment} before the present one is known`);
};

const numbered = (store: Store, { project, environment }: FoundRuns, run: number): RunRecord => {
  const key = keyOf(project.id, environment);
  const found = store.runs.get(key, run);
  if (found !== null) return found;
  const newest = store.runs.newest(key);
  throw new ApiError(
    'not-found',
    newest === null
      ? `${environment} has not run yet`
      : `no run ${run} of ${environment} is known; the newest is ${newest.run}; mlenv runs ${environment} lists them`,
  );
};

const said = (text: string): LogChunk => ({
  stream: 'stderr',
  data: new TextEncoder().encode(text),
});

const itemOf = (project: ProjectRecord, run: RunRecord): RunItem => ({
  project: project.name,
  environment: run.environment,
  run: run.run,
  isRunning: run.cause === null,
  startedAt: new Date(run.startedAt).toISOString(),
  endedAt: run.endedAt === null ? null : new Date(run.endedAt).toISOString(),
  exitCode: run.exitCode,
  cause: run.cause,
  containerId: run.containerId,
  generation: run.generation,
  revision: run.revision,
  log: run.log,
});

const scopeOf = ({ path, project }: EnvironmentRef) =>
  project === null
    ? ({ kind: 'path', path: path ?? '' } as const)
    : ({ kind: 'project', project } as const);

const keyOf = (projectId: string, environment: string) =>
  environmentKey({ projectId, environment });
