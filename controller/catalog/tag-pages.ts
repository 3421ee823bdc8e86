import type { RegistryResult, TagPage } from '../model/registry.ts';
import { fault, ok } from './fault.ts';
import type { Place } from './places.ts';
import type { Session } from './session.ts';
import { isJson, parseJson, texts } from './shape.ts';

const largestBytes = 1 << 24;
/** A registry that never ends its list is left. */
const mostPages = 1000;

export interface TagsOf {
  readonly session: Session;
  readonly place: Place;
  /** The `next` of a page; null: from the beginning. */
  readonly after: string | null;
}

export async function* tagPages(
  { session, place, after }: TagsOf,
  signal: AbortSignal,
): AsyncIterable<RegistryResult<TagPage>> {
  const what = `the tags of ${place.name}`;
  let url: URL | null = new URL(`v2/${place.repository}/tags/list?n=1000`, place.base);
  if (after !== null) url.search = after;
  for (let page = 0; url !== null; page += 1) {
    const read: RegistryResult<ReadPage> = await readPage({ session, place, url, what }, signal);
    if (!read.ok) {
      yield read;
      return;
    }
    url = read.value.next;
    if (page + 1 === mostPages && url !== null) {
      const message = `${place.base.host} gave ${mostPages} pages of ${what} and names another`;
      yield fault({ code: 'AnswerTooLarge', message });
      return;
    }
    yield ok({ tags: read.value.tags, next: url?.search ?? null });
  }
}

interface ReadPage {
  readonly tags: readonly string[];
  readonly next: URL | null;
}

const readPage = async (
  from: {
    readonly session: Session;
    readonly place: Place;
    readonly url: URL;
    readonly what: string;
  },
  signal: AbortSignal,
): Promise<RegistryResult<ReadPage>> => {
  const { session, place, url, what } = from;
  const answer = await session.get({ place, url, what, largestBytes }, signal);
  if (!answer.ok) return answer;
  const tags = readTags(answer.value.body.toString(), what);
  if (!tags.ok) return tags;
  const next = nextPage(answer.value.headers.get('link') ?? '', url);
  if (!next.ok) return next;
  if (next.value?.href === url.href) {
    const message = `${place.base.host} names the same page of ${what} again`;
    return fault({ code: 'AnswerUnreadable', message });
  }
  return ok({ tags: tags.value, next: next.value });
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
