import type { ConfigSource } from '../model/config.ts';
import { environmentKey } from '../model/key.ts';
import type { Clock, EngineReader, LogChunk } from '../model/ports.ts';
import {
  logWindow,
  maxRunLogBytes,
  runLogName,
  type RunLog,
  type RunLogs,
  type RunRecord,
} from '../model/runs.ts';
import type { Store } from '../model/store.ts';

export interface LogKeeper {
  readonly reader: Pick<EngineReader, 'logs'>;
  readonly runLogs: RunLogs;
  readonly store: Pick<Store, 'runs' | 'transaction'>;
  readonly config: ConfigSource;
  readonly clock: Clock;
}

/** Of all runs of one container: a removal waits no longer for its logs. */
const patienceMs = 10_000;
/** So many lines from the end are asked for at most, which spares reading gigabytes for the last 5 MB. */
const maxLines = 200_000;

/**
 * Copies the logs of a container that is about to be removed, run by run, the newest first. It never fails: what could
 * not be copied says why. Killed in it, the container is still there and is copied again.
 */
export const keepRunLogs = async (keeper: LogKeeper, containerId: string): Promise<void> => {
  const { store, config, clock } = keeper;
  const runs = store.runs.ofContainer(containerId);
  if (!runs.some(({ log }) => log.state === 'engine')) return;
  const maxBytes = Math.min(maxRunLogBytes, config.current().retention.runLogBytes);
  const abort = new AbortController();
  const cancel = clock.setTimer(patienceMs, () => abort.abort());
  try {
    for (const run of runs) {
      if (run.log.state !== 'engine') continue;
      const log =
        maxBytes === 0
          ? none('no logs of runs are kept on this host (retention.runLogs)')
          : await copy(keeper, run, { runs, maxBytes, signal: abort.signal });
      store.runs.put({ ...(store.runs.get(keyOf(run), run.run) ?? run), log });
    }
  } finally {
    cancel();
  }
  fitRunLogs(keeper);
};

/** The oldest copies go where all together are more than the host keeps. */
export const fitRunLogs = ({
  store,
  runLogs,
  config,
}: Pick<LogKeeper, 'store' | 'runLogs' | 'config'>): void => {
  const most = config.current().retention.runLogBytes;
  const copies = store.runs.withCopies();
  let bytes = copies.reduce((sum, { log }) => sum + log.bytes, 0);
  const going: RunRecord[] = [];
  for (const run of copies) {
    if (bytes <= most) break;
    bytes -= run.log.bytes;
    going.push(run);
  }
  if (going.length === 0) return;
  store.transaction(() => {
    for (const run of going) {
      store.runs.put({
        ...run,
        log: none('its copy was dropped for newer ones (retention.runLogs)'),
      });
    }
  });
  // One that stays behind has no row, and goes with the next sweep.
  runLogs.remove(going.map(runLogName));
};

const copy = async (
  { reader, runLogs }: LogKeeper,
  run: RunRecord,
  {
    runs,
    maxBytes,
    signal,
  }: {
    readonly runs: readonly RunRecord[];
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  },
): Promise<RunLog> => {
  const { since, until } = logWindow(run, runs);
  const fault = { why: '' };
  let lines = 0;
  // The engine counts lines from the end of all that it has, so that only the last run may ask for so many.
  const tail = until === null ? maxLines : null;
  const source = reader.logs(
    run.containerId,
    { follow: false, tail, since, until, onFault: (why) => (fault.why = why) },
    signal,
  );
  const counted = async function* (): AsyncGenerator<LogChunk> {
    for await (const chunk of unlessAborted(source, signal)) {
      lines += 1;
      yield chunk;
    }
  };
  const written = await runLogs.write(runLogName(run), counted(), maxBytes);
  if (!written.ok) return none(`its log could not be copied: ${written.failure.message}`);
  const { bytes, cutBytes } = written.value;
  const why = signal.aborted ? `the engine took longer than ${patienceMs / 1000} s` : fault.why;
  if (why !== '' && bytes === 0) {
    runLogs.remove([runLogName(run)]);
    return none(`its log could not be copied: ${why}`);
  }
  const notes = [
    ...(cutBytes > 0
      ? [`only its last ${megabytes(bytes)} MB are kept; ${cutBytes} bytes before them are not`]
      : tail !== null && lines >= tail
        ? [`only its last ${tail} lines are kept`]
        : []),
    ...(why === '' ? [] : [`its end may be missing: ${why}`]),
  ];
  return { state: 'kept', bytes, note: notes.join('; ') };
};

const none = (note: string): RunLog => ({ state: 'none', bytes: 0, note });

/** Ends with the signal, whether or not the source ever does. */
async function* unlessAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  if (signal.aborted) return;
  const items = source[Symbol.asyncIterator]();
  let end = (): void => {};
  const aborted = new Promise<{ readonly done: true; readonly value: undefined }>((resolve) => {
    end = () => resolve({ done: true, value: undefined });
    signal.addEventListener('abort', end);
  });
  try {
    for (;;) {
      const next = await Promise.race([items.next(), aborted]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', end);
    void items.return?.();
  }
}

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

const keyOf = ({ projectId, environment }: RunRecord) => environmentKey({ projectId, environment });
