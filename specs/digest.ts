import { createHash, createHmac } from 'node:crypto';
import type { RawEnvironment } from '../controller/model/environment.ts';

/** Values that the text takes in from elsewhere. They may be secret. */
export interface Intake {
  /** `${…}` as written → what it became. */
  readonly replaced: ReadonlyMap<string, string>;
  /** The lines of all `envFile`s, later ones over earlier ones. */
  readonly envFile: ReadonlyMap<string, string>;
  /** Secrets that are variables as well; a file alone makes no new container. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Of its image, as mlenv.lock says it; left out: it says none. */
  readonly locked?: string | null;
}

/**
 * `mle1:` and 32 hexadecimal digits of SHA-256 over what the user wrote (the file's own defaults
 * merged, MLEnv's defaults not, so that an upgrade changes nobody's digest) and over an HMAC-SHA256
 * of the values taken in, so that the record shows that they changed and never what they are.
 */
export const environmentDigest = (
  raw: RawEnvironment,
  intake: Intake,
  hmacKey: Uint8Array,
): string => {
  const none = [intake.replaced, intake.envFile, intake.secrets].every(({ size }) => size === 0);
  const taken = none
    ? null
    : createHmac('sha256', hmacKey).update(intakeText(intake)).digest('hex');
  // Not there where there is none, so that it is the digest of before there were locks.
  const text = canonicalJson({ raw, taken, locked: intake.locked ?? undefined });
  return `mle1:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
};

/** JSON with sorted keys and no blanks: equal data gives equal text. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const parts = entries
    .sort(byKey)
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${parts.join(',')}}`;
};

const intakeText = ({ replaced, envFile, secrets }: Intake): string =>
  canonicalJson({
    replaced: [...replaced].sort(byKey),
    envFile: [...envFile].sort(byKey),
    // Not there where there are none, so that it is the digest of before there were any.
    ...(secrets.size === 0 ? {} : { secrets: [...secrets].sort(byKey) }),
  });

// By UTF-16 units, never by locale: the same on every machine.
const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
