import type { Clock } from '../model/ports.ts';
import type { RegistryResult, TagPage } from '../model/registry.ts';
import type { AnswerCache, KeptAnswer } from '../model/store-catalogue.ts';
import { fault, ok } from './fault.ts';
import { endpointOf, etagOf } from './kept-answers.ts';
import type { Place } from './places.ts';
import type { Session } from './session.ts';
import { isJson, parseJson, text, texts } from './shape.ts';

const largestBytes = 1 << 24;
/** A registry that never ends its list is left. */
const mostPages = 1000;

export interface TagsOf {
  readonly session: Session;
  readonly place: Place;
  /** The `next` of a page; null: from the beginning. */
  readonly after: string | null;
  readonly answers: AnswerCache;
  readonly clock: Pick<Clock, 'now'>;
}

export async function* tagPages(
  { after, ...from }: TagsOf,
  signal: AbortSignal,
): AsyncIterable<RegistryResult<TagPage>> {
  const { place } = from;
  const what = `the tags of ${place.name}`;
  let url: URL | null = new URL(`v2/${place.repository}/tags/list?n=1000`, place.base);
  if (after !== null) url.search = after;
  for (let page = 0; url !== null; page += 1) {
    const read: RegistryResult<ReadPage> = await readPage({ ...from, url, what }, signal);
    if (!read.ok) {
      yield read;
      return;
    }
    const { tags, next, unchanged } = read.value;
    url = next;
    if (page + 1 === mostPages && url !== null) {
      const message = `${place.base.host} gave ${mostPages} pages of ${what} and names another`;
      yield fault({ code: 'AnswerTooLarge', message });
      return;
    }
    yield ok({ tags, next: url?.search ?? null, unchanged });
  }
}

interface ReadPage {
  readonly tags: readonly string[];
  readonly next: URL | null;
  readonly unchanged: boolean;
}

const readPage = async (
  from: Omit<TagsOf, 'after'> & { readonly url: URL; readonly what: string },
  signal: AbortSignal,
): Promise<RegistryResult<ReadPage>> => {
  const { session, place, url, what, answers, clock } = from;
  // Held here, as retention may take it away while the registry is asked.
  const kept = new Map<string | null, KeptTags | null>();
  const etagFor = (user: string | null): string | null => {
    const tags = recalled(answers.get(endpointOf(url, user)));
    kept.set(user, tags);
    return tags?.etag ?? null;
  };
  const answer = await session.get({ place, url, what, largestBytes, etagFor }, signal);
  if (!answer.ok) return answer;
  const { status, user, headers } = answer.value;
  const known = status === 304 ? (kept.get(user) ?? null) : null;
  const tags = known === null ? readTags(answer.value.body.toString(), what) : ok(known.tags);
  if (!tags.ok) return tags;
  const link = known?.link ?? headers.get('link') ?? '';
  const next = nextPage(link, url);
  if (!next.ok) return next;
  if (next.value?.href === url.href) {
    const message = `${place.base.host} names the same page of ${what} again`;
    return fault({ code: 'AnswerUnreadable', message });
  }
  const endpoint = endpointOf(url, user);
  const etag = etagOf(headers);
  // Never used unasked: whether this login may still read it is for the registry to say.
  const expiresAt = clock.now();
  if (known !== null) answers.renew(endpoint, expiresAt);
  else if (etag !== null) {
    const response = JSON.stringify({ tags: tags.value, link });
    answers.set(endpoint, { response, etag, expiresAt }, expiresAt);
  }
  return ok({ tags: tags.value, next: next.value, unchanged: known !== null });
};

interface KeptTags {
  readonly etag: string;
  readonly tags: readonly string[];
  readonly link: string;
}

/** null: none, one without an ETag, or not in this shape. */
const recalled = (kept: KeptAnswer | null): KeptTags | null => {
  if (kept === null || kept.etag === null) return null;
  const parsed = parseJson(kept.response);
  return isJson(parsed) && Array.isArray(parsed['tags'])
    ? { etag: kept.etag, tags: texts(parsed['tags']), link: text(parsed['link']) }
    : null;
};

/** NGC says `null` where there is none. */
export const readTags = (body: string, what: string): RegistryResult<readonly string[]> => {
  const parsed = parseJson(body);
  if (!isJson(parsed) || !(Array.isArray(parsed['tags']) || parsed['tags'] === null)) {
    return fault({ code: 'AnswerUnreadable', message: `${what}: the answer is no list of tags` });
  }
  return ok(texts(parsed['tags']));
};

/** `<…>; rel="next"` (RFC 8288): the page behind `from`, on the same host and of the same list; null: there is none. */
export const nextPage = (link: string, from: URL): RegistryResult<URL | null> => {
  const target = [...link.matchAll(linkPattern)].find(([, , parameters = '']) =>
    /(?:^|;)\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next)\s*(?:;|$)/i.test(parameters),
  )?.[1];
  if (target === undefined) return ok(null);
  if (!URL.canParse(target, from.href)) {
    return fault({
      code: 'AnswerUnreadable',
      message: `${from.host} names a page that is no address`,
    });
  }
  const next = new URL(target, from);
  // A mirror may not know below which path it lies; what follows the API's own beginning is the same.
  const list = /\/v2\/.*$/.exec(from.pathname)?.[0] ?? from.pathname;
  if (next.origin !== from.origin || !next.pathname.endsWith(list)) {
    const message = `${from.host} names the next page at ${next.origin}${next.pathname}, which is not this list`;
    return fault({ code: 'RedirectRefused', message });
  }
  const page = new URL(from);
  page.search = next.search;
  return ok(page);
};

const linkPattern = /<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s",;]+))?)*)/g;
