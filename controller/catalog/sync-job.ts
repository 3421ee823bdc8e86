import type { CatalogueSync } from '../model/catalogue-api.ts';
import type { Clock } from '../model/ports.ts';
import type { SyncTable } from '../model/store-catalogue.ts';
import { scopeOf, syncCatalogue, type SyncOptions } from './sync.ts';

/** One pass after the other, as all ask the same registry at one pace. */
export const createSync = (
  options: SyncOptions & {
    readonly clock: Clock;
    readonly onTrouble: (message: string) => void;
  },
): CatalogueSync => {
  const { table, clock, onTrouble } = options;
  const stopping = new AbortController();
  const waiting = new Set<string>();
  let running: string | null = null;
  let work: Promise<void> = Promise.resolve();

  const run = async (): Promise<void> => {
    for (const scope of waiting) {
      if (stopping.signal.aborted) return;
      waiting.delete(scope);
      const pass = table.get(scope);
      if (pass === null || pass.finishedAt !== null) continue;
      running = scope;
      try {
        const end = await syncCatalogue(options, pass, stopping.signal);
        if (end.kind === 'stopped' && !stopping.signal.aborted) onTrouble(end.why);
      } catch (error) {
        onTrouble(error instanceof Error ? error.message : String(error));
        // What cannot be written now is told by the log alone.
        tryTo(() => table.fail(scope, 'a fault of MLEnv itself; its log tells more'));
      } finally {
        running = null;
      }
    }
  };
  const isRunning = (scope: string): boolean => running === scope || waiting.has(scope);
  const ring = (scope: string): void => {
    if (isRunning(scope)) return;
    waiting.add(scope);
    if (waiting.size === 1 && running === null) work = work.then(run);
  };
  return {
    start: ({ organization, image, by }) => {
      const scope = scopeOf(organization, image);
      const now = isRunning(scope) ? table.get(scope) : null;
      const pass = now ?? table.begin({ scope, by, at: clock.now() });
      ring(scope);
      return pass;
    },
    resume: () => {
      for (const { scope, by } of unfinished(table)) {
        ring(table.begin({ scope, by, at: clock.now() }).scope);
      }
    },
    isRunning,
    stop: async () => {
      stopping.abort();
      await work;
    },
  };
};

const unfinished = (table: SyncTable) =>
  table.all().filter(({ finishedAt }) => finishedAt === null);

const tryTo = (run: () => void): void => {
  try {
    run();
  } catch {
    // Told already.
  }
};
