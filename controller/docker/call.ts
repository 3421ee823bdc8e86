import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import { type CallKind, classify } from './errors.ts';
import { isJson, type Json } from './shape.ts';

/** Milliseconds after which an answer no longer counts. A reset in mid-body never settles by itself. */
export interface Deadlines {
  readonly readMs: number;
  readonly createMs: number;
  readonly startMs: number;
  /** On top of the grace period. */
  readonly stopMs: number;
  readonly removeMs: number;
  /** Without a byte. */
  readonly pullIdleMs: number;
}

export const defaultDeadlines: Deadlines = {
  readMs: 10_000,
  createMs: 30_000,
  startMs: 60_000,
  stopMs: 15_000,
  removeMs: 60_000,
  pullIdleMs: 120_000,
};

export interface Call<T> {
  /** For people: "inspect abc". */
  readonly what: string;
  readonly kind: CallKind;
  readonly deadlineMs: number;
  /** Called afresh for each try, as dockerode changes the options that it is given. */
  readonly send: (signal: AbortSignal) => Promise<unknown>;
  /** null: not the shape of an answer to this. */
  readonly read: (reply: unknown) => T | null;
}

/**
 * Every call ends by its deadline with a value. A read is repeated once when a pooled connection
 * proved dead; a write never is, since its reply may be what was lost.
 */
export async function call<T>(request: Call<T>): Promise<Result<T>> {
  const first = await attempt(request);
  if (!first.reset || request.kind === 'write') return first.result;
  return (await attempt(request)).result;
}

export const anyReply = (): true => true;
export const objectReply = (reply: unknown): Json | null => (isJson(reply) ? reply : null);
export const listReply = (reply: unknown): readonly Json[] | null =>
  Array.isArray(reply) && reply.every(isJson) ? reply : null;

interface Attempt<T> {
  readonly result: Result<T>;
  readonly reset: boolean;
}

async function attempt<T>({ what, kind, deadlineMs, send, read }: Call<T>): Promise<Attempt<T>> {
  const abort = new AbortController();
  const lost = kind === 'read' ? 'retry' : 'unknown';
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Attempt<T>>((resolve) => {
    timer = setTimeout(() => {
      resolve({
        result: failed(lost, `The engine did not answer within ${deadlineMs} ms: ${what}`),
        reset: false,
      });
      abort.abort();
    }, deadlineMs);
  });
  const answered = sendSafely(send, abort.signal).then(
    (reply): Attempt<T> => {
      const value = read(reply);
      const result =
        value === null
          ? failed(lost, `The engine's answer was not understood: ${what}`)
          : ok(value);
      return { result, reset: false };
    },
    (error: unknown): Attempt<T> => ({
      result: { ok: false, failure: classify(error, kind) },
      reset: isReset(error),
    }),
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A throw before the first await is an answer like any other. */
const sendSafely = async (
  send: (signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<unknown> => send(signal);

const isReset = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE');
