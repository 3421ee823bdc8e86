import type { Call, EngineApi } from './engine-api.ts';
import type { RecordedCall } from './record-calls.ts';

/** Recorded container id → the id that it has in this replay. */
export type Ids = Map<string, string>;

/**
 * Sends recorded calls again, `concurrency` containers at a time; the calls of one container keep their
 * order. What belongs to no container (networks, volumes) comes first where it makes something, and last
 * where it removes something.
 */
export async function replay(options: {
  readonly api: EngineApi;
  readonly calls: readonly RecordedCall[];
  readonly concurrency: number;
  readonly ids: Ids;
}): Promise<void> {
  const { api, calls, concurrency, ids } = options;
  const chains = chainsOf(calls);
  const shared = chains.get(null) ?? [];
  chains.delete(null);
  const send = async (call: RecordedCall): Promise<void> => {
    const { body } = await api.call(withIds(call, ids));
    if (isCreate(call)) ids.set(idIn(call.answer.body), idIn(body));
  };
  const sendAll = (those: readonly RecordedCall[]): Promise<void> =>
    inParallel(those, concurrency, send);

  await sendAll(shared.filter((call) => call.method !== 'DELETE'));
  await inParallel([...chains.values()], concurrency, async (chain) => {
    for (const call of chain) await send(call);
  });
  await sendAll(shared.filter((call) => call.method === 'DELETE'));
}

/** Runs over all of them, that many at a time, and throws the first failure. */
export async function inParallel<T>(
  items: readonly T[],
  concurrency: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function chainsOf(calls: readonly RecordedCall[]): Map<string | null, RecordedCall[]> {
  const chains = new Map<string | null, RecordedCall[]>();
  for (const call of calls) {
    const container = containerOf(call);
    const chain = chains.get(container);
    if (chain === undefined) chains.set(container, [call]);
    else chain.push(call);
  }
  return chains;
}

const containerOf = (call: RecordedCall): string | null =>
  isCreate(call) ? idIn(call.answer.body) : (containerPath.exec(call.path)?.[2] ?? null);

const isCreate = (call: Call): boolean => /\/containers\/create(\?|$)/.test(call.path);

const containerPath = /^(.*\/containers\/)([0-9a-f]{64})(.*)$/;

const withIds = (call: Call, ids: Ids): Call => {
  const [, before = '', recorded = '', after = ''] = containerPath.exec(call.path) ?? [];
  const id = ids.get(recorded);
  return id === undefined ? call : { ...call, path: `${before}${id}${after}` };
};

const idIn = (body: Buffer): string => {
  const parsed: unknown = JSON.parse(body.toString());
  if (typeof parsed === 'object' && parsed !== null && 'Id' in parsed) return String(parsed.Id);
  throw new Error(`an answer without an id: ${body.toString()}`);
};
