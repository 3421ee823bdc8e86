import { endOf } from '../../controller/act/run-logs.ts';
import { ok } from '../../controller/model/failure.ts';
import type { LogChunk } from '../../controller/model/ports.ts';
import type { RunLogs } from '../../controller/model/runs.ts';

/** Copies of logs that outlive every controller, as the files of a host do. */
export interface MemoryRunLogs extends RunLogs {
  readonly files: Map<string, readonly LogChunk[]>;
}

export const createMemoryRunLogs = (): MemoryRunLogs => {
  const files = new Map<string, readonly LogChunk[]>();
  return {
    files,
    write: async (name, chunks, maxBytes) => {
      const { chunks: kept, bytes, cutBytes } = await endOf(chunks, maxBytes);
      files.set(name, kept);
      return ok({ bytes, cutBytes });
    },
    read: async (name) => {
      const kept = files.get(name);
      return kept === undefined ? null : all(kept);
    },
    list: () => [...files.keys()].map((name) => ({ name, isYoung: false })),
    remove: (names) => {
      for (const name of names) files.delete(name);
    },
  };
};

async function* all(chunks: readonly LogChunk[]): AsyncGenerator<LogChunk> {
  yield* chunks;
}
