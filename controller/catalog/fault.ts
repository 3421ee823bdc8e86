import {
  type RegistryFault,
  type RegistryFaultCode,
  registryFaults,
} from '../model/registry-faults.ts';
import type { RegistryResult } from '../model/registry.ts';
import { isJson, json, list, oneLine, parseJson, text } from './shape.ts';

export const ok = <T>(value: T): RegistryResult<T> => ({ ok: true, value });

interface FaultWords {
  readonly code: RegistryFaultCode;
  readonly message: string;
  /** In place of the usual one. */
  readonly cure?: string;
  readonly status?: number;
  readonly retryAfterMs?: number | null;
}

export const faultOf = ({
  code,
  message,
  cure,
  status,
  retryAfterMs,
}: FaultWords): RegistryFault => ({
  code,
  kind: registryFaults[code].kind,
  message: oneLine(message, 400),
  cure: cure ?? registryFaults[code].cure,
  status: status ?? null,
  retryAfterMs: retryAfterMs ?? null,
});

export const fault = (
  words: FaultWords,
): { readonly ok: false; readonly fault: RegistryFault } => ({
  ok: false,
  fault: faultOf(words),
});

export interface Refusal {
  /** What was asked for: `the tags of nvcr.io/nvidia/pytorch`. */
  readonly what: string;
  /** Who answered, without scheme. */
  readonly host: string;
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | null;
  /** Who we said we are; null: nobody. */
  readonly user: string | null;
}

/** Any status that is no success; its own words stand at the end. */
export const refusal = (from: Refusal): { readonly ok: false; readonly fault: RegistryFault } => {
  const { status, retryAfterMs, what, host } = from;
  const code = codeOf(status);
  const words = wordsIn(from.body);
  const special = cureFor(code, from);
  return fault({
    code,
    message: `${host} ${saysOf[code](status)} for ${what}${words === '' ? '' : `: ${words}`}`,
    status,
    retryAfterMs,
    ...(special === null ? {} : { cure: special }),
  });
};

type StatusCode = Extract<
  RegistryFaultCode,
  | 'LoginNeeded'
  | 'SubscriptionNeeded'
  | 'Forbidden'
  | 'NotFound'
  | 'Throttled'
  | 'LicenceNeeded'
  | 'RegistryFailed'
  | 'Refused'
>;

const byStatus: Readonly<Record<number, StatusCode>> = {
  401: 'LoginNeeded',
  402: 'SubscriptionNeeded',
  403: 'Forbidden',
  404: 'NotFound',
  429: 'Throttled',
  451: 'LicenceNeeded',
};

const codeOf = (status: number): StatusCode =>
  byStatus[status] ?? (status >= 500 ? 'RegistryFailed' : 'Refused');

const saysOf: Readonly<Record<StatusCode, (status: number) => string>> = {
  LoginNeeded: () => 'wants a valid login (401)',
  SubscriptionNeeded: () => 'wants a subscription (402)',
  Forbidden: () => 'does not allow this account to read (403)',
  NotFound: () => 'has nothing (404)',
  Throttled: () => 'wants fewer requests (429)',
  LicenceNeeded: () => 'wants its licence accepted first (451)',
  RegistryFailed: (status) => `has a trouble of its own (${status})`,
  Refused: (status) => `refused with ${status}`,
};

/** Where more can be said than the table does. */
const cureFor = (code: StatusCode, { host, user }: Refusal): string | null => {
  const isNgc = /(^|\.)nvcr\.io$/.test(host);
  if (code !== 'LoginNeeded') return null;
  if (user === null) {
    return isNgc
      ? 'mlenv login nvcr.io with an API key of NGC, as the user that MLEnv runs as'
      : `mlenv login ${host}, as the user that MLEnv runs as; or it is not there at all`;
  }
  if (isNgc && user !== '$oauthtoken') {
    return `the user of nvcr.io is the word $oauthtoken itself, not ${oneLine(user, 40)}: quote it in a shell, '$oauthtoken'`;
  }
  return `the login as ${oneLine(user, 40)} is not taken: look at the password, or accept the licence on its page`;
};

/** The registry's own words (`errors[0]`), those of NGC (`requestStatus`), or of a token server; '' where there are none. */
const wordsIn = (body: string): string => {
  const parsed = parseJson(body);
  if (!isJson(parsed)) return '';
  const [first] = list(parsed['errors']);
  const error = json(first);
  const status = json(parsed['requestStatus']);
  const candidates = [
    [error['code'], error['message']],
    [status['statusCode'], status['statusDescription']],
    [parsed['error'], parsed['error_description']],
    [parsed['details'], parsed['message']],
  ].map((pair) => [...new Set(pair.map(text))].filter((word) => word !== '').join(', '));
  return oneLine(candidates.find((words) => words !== '') ?? '');
};
