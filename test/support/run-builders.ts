import type { LogChunk } from '../../controller/model/ports.ts';
import type { RunRecord } from '../../controller/model/runs.ts';
import { context, minutes, noon } from './plan-builders.ts';

/** One that runs, in the container that an observed one is by default. */
export const runRecord = (over: Partial<RunRecord> = {}): RunRecord => ({
  projectId: context().projectId,
  environment: 'notebook',
  run: 1,
  containerId: 'c1',
  generation: 1,
  revision: '',
  startedAt: noon - minutes(60),
  endedAt: null,
  exitCode: null,
  cause: null,
  log: { state: 'engine', bytes: 0, note: '' },
  ...over,
});

export async function* chunksOf(...texts: readonly string[]): AsyncGenerator<LogChunk> {
  for (const text of texts) yield { stream: 'stdout', data: new TextEncoder().encode(text) };
}

export const textOf = async (chunks: AsyncIterable<LogChunk> | null): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const { data } of chunks ?? []) parts.push(data);
  return Buffer.concat(parts).toString();
};
