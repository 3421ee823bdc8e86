import { createHash } from 'node:crypto';
import type { AnswerCache, Endpoint } from '../model/store-catalogue.ts';

/** For who asks once and ends. */
export const noAnswers: AnswerCache = { get: () => null, set: () => {}, renew: () => {} };

/**
 * An ETag is one address's, so that its origin belongs to it. What came to one login is nobody else's: a
 * user stands here as a hash, a secret never, as `origin` has none either.
 */
export const endpointOf = (url: URL, user: string | null): Endpoint => {
  const path = `${url.pathname}${url.search}`;
  return { origin: url.origin, path: user === null ? path : `${path} as ${hashOf(user)}` };
};

/** null: none that could be sent back. */
export const etagOf = (headers: Headers): string | null => {
  const said = headers.get('etag') ?? '';
  return said.length <= longestEtag && etagPattern.test(said) ? said : null;
};

/** The header that asks for an answer only where it changed. */
export const unlessMatch = (etag: string | null): Readonly<Record<string, string>> =>
  etag === null ? {} : { 'if-none-match': etag };

const longestEtag = 512;
const etagPattern = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

const hashOf = (user: string): string =>
  createHash('sha256').update(user).digest('hex').slice(0, 16);
