import type { Result } from '../../controller/model/failure.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { EngineReader, EngineWriter } from '../../controller/model/ports.ts';

export type CallName = keyof EngineReader | keyof EngineWriter;

/**
 * What becomes of one call:
 * - `fail-before`: refused at the door; surely no effect.
 * - `request-lost`: no effect, and no answer either.
 * - `reply-lost`: the effect, but no answer.
 * - `denied`: what it is about is not there, says the engine, whatever a look shows.
 * - `ignored`: taken, and nothing comes of it.
 */
export type Verdict = 'ok' | 'fail-before' | 'request-lost' | 'reply-lost' | 'denied' | 'ignored';

export interface EngineFaults {
  /** May throw, as a process that dies just before the effect. */
  readonly beforeCall?: (name: CallName, args: readonly unknown[]) => Verdict | Promise<Verdict>;
  /** May throw, as a process that dies just after the effect and before it could write it down. */
  readonly afterCall?: (name: CallName, args: readonly unknown[]) => void | Promise<void>;
}

/** A call of the writer that reached the engine, whether or not there was anything left to do. */
export interface Mutation {
  readonly call: CallName;
  readonly target: string;
  readonly at: number;
}

type Effect<T> = () => Result<T> | Promise<Result<T>>;

/** Every call passes here, so that there is one place for faults, outages and the log. */
export interface Gate {
  read<T>(name: CallName, args: readonly unknown[], effect: Effect<T>): Promise<Result<T>>;
  write<T>(name: CallName, args: readonly unknown[], effect: Effect<T>): Promise<Result<T>>;
  isDown(): boolean;
}

export type Outage = 'gone' | 'silent';

export function createGate(from: {
  readonly faults: EngineFaults;
  readonly outage: () => Outage | null;
  readonly note: (call: CallName, target: string) => void;
}): Gate {
  const { faults, outage, note } = from;

  const pass = async <T>(
    name: CallName,
    args: readonly unknown[],
    options: { readonly write: boolean; readonly effect: Effect<T> },
  ): Promise<Result<T>> => {
    const verdict = (await faults.beforeCall?.(name, args)) ?? 'ok';
    const down = outage();
    if (verdict === 'fail-before' || down === 'gone') {
      return failed('retry', 'The engine is not reachable: connect ECONNREFUSED');
    }
    const lost = failed(options.write ? 'unknown' : 'retry', 'The engine gave no answer');
    if (verdict === 'request-lost' || down === 'silent') return lost;
    if (options.write) note(name, targetOf(args));
    if (verdict === 'denied') return failed('absent', `No such thing: ${targetOf(args)}`, 404);
    // Nobody but a create reads the answer of a write.
    if (verdict === 'ignored') return ok({ id: 'f'.repeat(64) } as T);
    const result = await options.effect();
    await faults.afterCall?.(name, args);
    return verdict === 'reply-lost' || outage() !== null ? lost : result;
  };

  return {
    read: (name, args, effect) => pass(name, args, { write: false, effect }),
    write: (name, args, effect) => pass(name, args, { write: true, effect }),
    isDown: () => outage() !== null,
  };
}

function targetOf([first]: readonly unknown[]): string {
  if (typeof first === 'string') return first;
  const named = typeof first === 'object' && first !== null && 'name' in first ? first.name : '';
  return typeof named === 'string' ? named : '';
}
