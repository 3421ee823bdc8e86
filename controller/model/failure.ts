/**
 * What became of a call to the engine that did not do what it was asked, classified once, in the
 * docker folder, and never guessed again from a message.
 */
export interface Failure {
  readonly kind: FailureKind;
  /** The engine's or our own words, on one line, safe to show. */
  readonly message: string;
  /** HTTP status where there was one. */
  readonly status: number | null;
}

/**
 * - `absent`: the thing is not there (404).
 * - `conflict`: something else stands in the way: a name, a state, a port, a removal under way (409 and its kin).
 * - `retry`: the engine has a trouble of its own; the call surely had no effect or may be repeated.
 * - `unknown`: no answer came, so the effect may have happened: look before anything else.
 * - `frozen`: not asked, as the host is frozen: it surely had no effect.
 * - `terminal`: asking again in the same words cannot help (400 and its kin).
 */
export type FailureKind = 'absent' | 'conflict' | 'retry' | 'unknown' | 'frozen' | 'terminal';

/** The runtime may not raise a resource limit: runc's words, the only place where it says so. */
export const refusesLimits = (message: string): boolean => message.includes('setting rlimit');

/** A value or a failure. Engine ports answer with this and throw only on a bug or an abort. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const failed = (
  kind: FailureKind,
  message: string,
  status: number | null = null,
): Result<never> => ({ ok: false, failure: { kind, message, status } });
