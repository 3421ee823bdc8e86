import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a delivery of a forge tells once its signature holds. */
export type Delivery =
  /** Something was pushed: worth a look. */
  | 'push'
  /** A forge tries whether somebody answers. */
  | 'ping'
  | 'other';

/**
 * Whether a delivery was made by somebody who knows the secret; null: it was not. All of the body goes through
 * `body` and none of it is kept or read: a delivery says "look now", and the remote itself says what is there.
 *
 * - GitHub: `X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the body>`
 *   (docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries).
 * - Gitea and Forgejo: `X-Gitea-Signature` or `X-Forgejo-Signature`, the same without `sha256=`
 *   (docs.gitea.com/usage/webhooks, forgejo.org/docs/latest/user/webhooks).
 * - GitLab: `X-Gitlab-Token`, the secret itself (docs.gitlab.com/user/project/integrations/webhooks).
 */
export const verifyDelivery = async (
  headers: IncomingHttpHeaders,
  body: AsyncIterable<Uint8Array>,
  secret: string,
): Promise<Delivery | null> => {
  const hmac = createHmac('sha256', secret);
  for await (const part of body) hmac.update(part);
  const digest = hmac.digest('hex');
  const proof = proofOf(headers, { digest, secret });
  if (proof === null || !isSame(proof.given, proof.expected)) return null;
  return kindOf(headers[proof.event]);
};

interface Proof {
  readonly given: string;
  readonly expected: string;
  /** The header that names the event. */
  readonly event: string;
}

/** Of the first forge whose header is there: a good signature of another does not make up for a bad one. */
const proofOf = (
  headers: IncomingHttpHeaders,
  { digest, secret }: { readonly digest: string; readonly secret: string },
): Proof | null => {
  for (const { header, event, expected } of forges) {
    const given = headers[header];
    if (typeof given === 'string') return { given, event, expected: expected(digest, secret) };
  }
  return null;
};

const forges: readonly {
  readonly header: string;
  readonly event: string;
  readonly expected: (digest: string, secret: string) => string;
}[] = [
  // Forgejo sends Gitea's headers as well, and both send GitHub's.
  { header: 'x-forgejo-signature', event: 'x-forgejo-event', expected: (digest) => digest },
  { header: 'x-gitea-signature', event: 'x-gitea-event', expected: (digest) => digest },
  {
    header: 'x-hub-signature-256',
    event: 'x-github-event',
    expected: (digest) => `sha256=${digest}`,
  },
  { header: 'x-gitlab-token', event: 'x-gitlab-event', expected: (_, secret) => secret },
];

/** In a time that tells neither where nor in which length they differ. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(hash(a), hash(b));

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

const kindOf = (event: string | string[] | undefined): Delivery => {
  if (event === 'ping') return 'ping';
  // GitLab writes `Push Hook` and `Tag Push Hook`.
  return event === 'push' || event === 'create' || /^(?:Tag )?Push Hook$/.test(String(event))
    ? 'push'
    : 'other';
};
