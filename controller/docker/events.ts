import type { EngineEvent } from '../model/ports.ts';
import { LineSplitter } from './chunks.ts';
import { type Connection, isStream } from './client.ts';
import { call } from './call.ts';
import { destroy } from './logs.ts';
import { isJson, json, number, text, textMap } from './shape.ts';

/** The first of every stream: from here on nothing is missed, so list now. */
export const connected: EngineEvent = {
  type: 'daemon',
  action: 'connected',
  id: '',
  at: 0,
  labels: {},
};

/**
 * Drained into a bounded buffer as it comes, because an engine waits for its slowest subscriber.
 * An overflow ends the stream: the consumer lists again, which is what it does on any end.
 */
export async function* events(
  { docker, deadlines }: Connection,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  if (signal.aborted) return;
  const opened = await call({
    what: 'events',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) =>
      docker.getEvents({
        filters: { type: ['container', 'image', 'network', 'volume', 'daemon'] },
        abortSignal: AbortSignal.any([signal, abortSignal]),
      }),
    read: (reply) => (isStream(reply) ? reply : null),
  });
  if (!opened.ok) return;
  yield* buffered(opened.value, [connected]);
}

const capacity = 10_000;

/** Drains from the moment of the call, not from the first `next()`. */
export function buffered(
  stream: NodeJS.ReadableStream,
  first: readonly EngineEvent[] = [],
): AsyncGenerator<EngineEvent> {
  const splitter = new LineSplitter();
  const waiting: EngineEvent[] = [...first];
  let ended = false;
  let wake = (): void => {};
  const end = (): void => {
    ended = true;
    wake();
  };
  stream.on('data', (part: Buffer | string) => {
    for (const line of splitter.push(part)) {
      const event = engineEvent(line);
      if (event !== null) waiting.push(event);
    }
    if (waiting.length > capacity) {
      waiting.length = 0;
      end();
      destroy(stream);
    }
    wake();
  });
  stream.on('end', end).on('close', end).on('error', end);
  return (async function* () {
    try {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      destroy(stream);
    }
  })();
}

/** Commands run inside a container are nobody's news, and their text may hold secrets. */
function engineEvent(line: unknown): EngineEvent | null {
  const type = text(json(line)['Type']);
  if (!isJson(line) || !isType(type)) return null;
  const action = text(line['Action']);
  if (action === '' || action.startsWith('exec_')) return null;
  const actor = json(line['Actor']);
  const nanos = number(line['timeNano']);
  return {
    type,
    action,
    id: text(actor['ID']),
    at: nanos > 0 ? Math.floor(nanos / 1e6) : number(line['time']) * 1000,
    labels: textMap(actor['Attributes']),
  };
}

const types: ReadonlySet<string> = new Set<EngineEvent['type']>([
  'container',
  'image',
  'network',
  'volume',
  'daemon',
]);

const isType = (value: string): value is EngineEvent['type'] => types.has(value);
