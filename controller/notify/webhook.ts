import { createHmac } from 'node:crypto';
import { failed, ok, type Result } from '../model/failure.ts';
import type { Delivery } from '../model/notice.ts';

export interface Post {
  readonly url: string;
  /** Signs the body; null: it is not signed. */
  readonly key: string | null;
  readonly delivery: Delivery;
  readonly timeoutMs: number;
}

/** Nothing is followed: what a redirect names was not chosen by an administrator. */
export const post = async (
  { url, key, delivery, timeoutMs }: Post,
  signal: AbortSignal,
): Promise<Result<null>> => {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !/^https?:$/.test(address.protocol) || hasPassword(address)) {
    return failed('retry', 'the file holds no address of http or https without a password');
  }
  const { body, contentType, facts } = delivery;
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': contentType,
        'user-agent': 'mlenv',
        'x-mlenv-notice': facts['ID'] ?? '',
        ...(key === null
          ? {}
          : {
              'x-mlenv-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
            }),
      },
      body,
      signal: AbortSignal.any([signal, late]),
    });
    await drop(response);
    return outcomeOf(response);
  } catch (error) {
    if (signal.aborted) return failed('retry', 'it was given up');
    if (late.aborted) return failed('retry', `it did not answer within ${timeoutMs / 1000} s`);
    return failed('retry', wordsOf(error));
  }
};

const hasPassword = ({ username, password }: URL): boolean => username !== '' || password !== '';

/** What a receiver says may repeat the address, so nobody is shown it; a short answer leaves its connection usable. */
const drop = async ({ body }: Response): Promise<void> => {
  if (body === null) return;
  const reader = body.getReader();
  let bytes = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    bytes += piece.value.length;
    if (bytes > largestAnswerBytes) break;
  }
  await reader.cancel();
};

const largestAnswerBytes = 4096;

const outcomeOf = ({ ok: isOk, status }: Response): Result<null> => {
  if (isOk) return ok(null);
  return failed(
    'retry',
    status >= 300 && status < 400
      ? `it answered with HTTP ${status}: it is at another address, and none is followed`
      : `it answered with HTTP ${status}`,
    status,
  );
};

/** The code alone: a message may name the address. */
const wordsOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return codes[code] ?? `it could not be reached${code === '' ? '' : ` (${code})`}`;
};

const codes: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name could not be looked up now',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
};
