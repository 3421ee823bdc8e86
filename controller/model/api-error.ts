import type { Diagnostic } from './diagnostic.ts';
import type { Failure } from './failure.ts';

/** Faults of a request, with the exit code that the command line gives them. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: ApiErrorCode, message: string, diagnostics: readonly Diagnostic[] = []) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.diagnostics = diagnostics;
  }

  static ofEngine(failure: Failure): ApiError {
    return new ApiError('engine', failure.message);
  }
}

/**
 * - `usage`: the request names nothing, or several things (exit 2).
 * - `not-found`: no such project or environment (exit 2).
 * - `prerequisite`: no engine, no permission to reach it, another MLEnv holds it (exit 3).
 * - `refused`: a rule says no (exit 4).
 * - `busy`: too much at once from one user, or from all; later it goes (exit 4).
 * - `invalid-spec`: the file has faults (exit 5).
 * - `engine`: the engine failed (exit 125).
 * - `internal`: our fault (exit 1).
 */
export type ApiErrorCode =
  | 'usage'
  | 'not-found'
  | 'prerequisite'
  | 'refused'
  | 'busy'
  | 'invalid-spec'
  | 'engine'
  | 'internal';
