import type { Failure, FailureKind } from '../model/failure.ts';
import { startFaultOf } from '../model/start-fault.ts';
import { isJson, text } from './shape.ts';

export type CallKind = 'read' | 'write';

/** The engine had it so already: 304 on start and stop. */
export const isAlreadySo = (error: unknown): boolean => statusOf(error) === 304;

/**
 * One classifier for everything a call can throw. Status and code decide; the text is for people,
 * with the exception of failed starts, where the engine says nothing else.
 */
export function classify(error: unknown, kind: CallKind): Failure {
  const status = statusOf(error);
  if (status !== null && status >= 400) {
    return { kind: kindOfStatus(status), message: messageOf(error), status };
  }
  const code = codeOf(error);
  if (neverArrived.has(code)) return { kind: 'retry', message: unreachable(code, error), status };
  return {
    kind: kind === 'read' ? 'retry' : 'unknown',
    message: `The engine gave no answer: ${messageOf(error)}`,
    status,
  };
}

/** A published port is taken: the engine reports it as a plain 500 on start. */
export const portInUse = (failure: Failure): boolean => startFaultOf(failure.message).id === 'port';

/** Of any call up to the start: its words say what the status does not. Only the container itself missing is `absent`. */
export function startFailure(failure: Failure): Failure {
  if (failure.status === null) return failure;
  if (portInUse(failure)) return { ...failure, kind: 'conflict' };
  if (failure.status === 404 && !/no such container/i.test(failure.message)) {
    return { ...failure, kind: 'terminal' };
  }
  return startFaultOf(failure.message).terminal ? { ...failure, kind: 'terminal' } : failure;
}

/** A name that is held and an image that is gone are looked into by the next pass. */
export const createFailure = (failure: Failure): Failure =>
  failure.kind === 'conflict' || failure.kind === 'absent' ? failure : startFailure(failure);

/** One line without control characters, safe on any terminal. */
export const oneLine = (raw: string): string =>
  raw
    // oxlint-disable-next-line no-control-regex -- control characters are what is to go
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, 2000);

const neverArrived: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM']);

function kindOfStatus(status: number): FailureKind {
  if (status === 404) return 'absent';
  if (status === 409) return 'conflict';
  if (status === 408 || status === 429 || status >= 500) return 'retry';
  return 'terminal';
}

function statusOf(error: unknown): number | null {
  const status = isRecord(error) ? error['statusCode'] : undefined;
  return typeof status === 'number' ? status : null;
}

function codeOf(error: unknown): string {
  return isRecord(error) ? text(error['code']) : '';
}

function messageOf(error: unknown): string {
  const body = isRecord(error) ? error['json'] : undefined;
  const said = isJson(body) ? text(body['message']) : '';
  if (said !== '') return oneLine(said);
  const raw = error instanceof Error ? error.message : String(error);
  return oneLine(raw.replace(/^\(HTTP code \d+\) [a-z ]+ - /i, ''));
}

const unreachable = (code: string, error: unknown): string =>
  code === 'EACCES' || code === 'EPERM'
    ? 'The engine may not be reached: no permission to open its socket'
    : `The engine is not reachable: ${messageOf(error)}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
