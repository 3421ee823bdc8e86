import type {
  CatalogueEntry,
  CataloguePage,
  CatalogueSearch,
  RegistryResult,
  SearchOptions,
  SkippedEntry,
} from '../model/registry.ts';
import type { Clock } from '../model/ports.ts';
import type { AnswerCache, Endpoint, KeptAnswer } from '../model/store-catalogue.ts';
import { fault, ok, refusal } from './fault.ts';
import { createHttp, type Http, type HttpOptions } from './http.ts';
import { endpointOf, etagOf, noAnswers, unlessMatch } from './kept-answers.ts';
import { readEntry } from './ngc-entry.ts';
import { count, isJson, json, list, parseJson, text } from './shape.ts';

/**
 * All that is assumed about NGC's search, which no document promises, stands here and in ngc-entry.ts.
 * `q` is JSON, pages count from 0, and totals move between pages.
 */
export interface NgcOptions extends HttpOptions {
  /** https://api.ngc.nvidia.com, or what stands in for it; asked anew for each search, as it may change. */
  readonly url: () => string;
  readonly pageSize?: number;
  /** Where pages are kept. */
  readonly answers?: AnswerCache;
}

/** A catalogue changes by the day; a sync that was cut off finds what it had read. */
const holdsMs = 3_600_000;

const largestBytes = 1 << 25;
const mostPages = 500;

export const createNgcSearch = (options: NgcOptions): CatalogueSearch => {
  const http = createHttp(options);
  const { clock, pageSize = 100, answers = noAnswers } = options;
  return {
    pages: (search) => {
      const base = new URL(options.url());
      if (!base.pathname.endsWith('/')) base.pathname += '/';
      return searchPages({ http, base, pageSize, search, answers, clock });
    },
  };
};

interface Search {
  readonly http: Http;
  readonly base: URL;
  readonly pageSize: number;
  readonly search: SearchOptions;
  readonly answers: AnswerCache;
  readonly clock: Pick<Clock, 'now'>;
}

async function* searchPages(from: Search): AsyncIterable<RegistryResult<CataloguePage>> {
  const { org } = from.search;
  const answers: PageAnswer[] = [];
  const seen = new Set<string>();
  let nameless = 0;
  for (let page = 0; ; page += 1) {
    const read = await readPage(from, page);
    if (!read.ok) {
      yield read;
      return;
    }
    const { resources, total, pageTotal, answer } = read.value;
    answers.push(answer);
    const entries: CatalogueEntry[] = [];
    const skipped: SkippedEntry[] = [];
    for (const resource of resources) {
      const entry = readEntry(resource);
      if (entry.kind === 'entry') {
        const { repository } = entry.value;
        // Pages move while they are read, so that an entry may come again.
        if (seen.has(repository)) continue;
        seen.add(repository);
        if (org === null || entry.value.org === org) entries.push(entry.value);
        else skipped.push({ entry: repository, why: `it is not of ${org}` });
        continue;
      }
      skipped.push({ entry: entry.id ?? 'without an id', why: entry.why });
      if (entry.id === null) nameless += 1;
      else seen.add(entry.id);
    }
    const isLast = page >= pageTotal - 1 || resources.length === 0 || page + 1 >= mostPages;
    const complete = isLast && page >= pageTotal - 1 && nameless === 0 && seen.size >= total;
    yield ok({ page, entries, total, complete, skipped, unchanged: answer.kind === 'unchanged' });
    if (isLast) {
      if (complete) keep(from, answers);
      return;
    }
  }
}

/** Pages hold together, and only where they add up. */
const keep = ({ answers, clock }: Search, pages: readonly PageAnswer[]): void => {
  const now = clock.now();
  const expiresAt = now + holdsMs;
  for (const { kind, endpoint, response, etag } of pages) {
    if (kind === 'unchanged') answers.renew(endpoint, expiresAt);
    else if (kind === 'new') answers.set(endpoint, { response, etag, expiresAt }, now);
  }
};

interface PageAnswer {
  /** held: it was not asked for. unchanged: it was, and is what it was. */
  readonly kind: 'held' | 'unchanged' | 'new';
  readonly endpoint: Endpoint;
  readonly response: string;
  readonly etag: string | null;
}

interface ReadPage extends PageResults {
  readonly answer: PageAnswer;
}

const readPage = async (from: Search, page: number): Promise<RegistryResult<ReadPage>> => {
  const { http, base, pageSize, search, clock } = from;
  const { org, query, signal } = search;
  const what = `page ${page + 1} of the catalogue`;
  const url = new URL('v2/search/catalog/resources/CONTAINER', base);
  url.searchParams.set('q', JSON.stringify(questionOf({ org, query, page, pageSize })));
  const endpoint = endpointOf(url, null);
  const known = recalled(from.answers.get(endpoint), what);
  if (known !== null && known.expiresAt > clock.now()) {
    return ok({ ...known.results, answer: { ...known, kind: 'held', endpoint } });
  }
  const asked = known?.etag ?? null;
  const answer = await http.send(
    {
      what,
      url,
      method: 'GET',
      headers: { accept: 'application/json', ...unlessMatch(asked) },
      body: null,
      largestBytes,
      user: null,
    },
    signal,
  );
  if (!answer.ok) return answer;
  const { status, headers, body } = answer.value;
  if (status === 304 && known !== null && asked !== null) {
    return ok({ ...known.results, answer: { ...known, kind: 'unchanged', endpoint } });
  }
  const response = body.toString();
  if (status !== 200) {
    const refused = refusal({
      what,
      status,
      host: answer.value.url.host,
      body: response,
      retryAfterMs: null,
      user: null,
    });
    return { ok: false, fault: { ...refused.fault, cure } };
  }
  const results = pageOf(response, `${base.host}, ${what}`);
  if (!results.ok) return results;
  const etag = etagOf(headers);
  return ok({ ...results.value, answer: { kind: 'new', endpoint, response, etag } });
};

/** null: none was kept, or none that can be read. */
const recalled = (
  kept: KeptAnswer | null,
  what: string,
): (KeptAnswer & { readonly results: PageResults }) | null => {
  const results = kept === null ? null : pageOf(kept.response, what);
  return kept !== null && results?.ok === true ? { ...kept, results: results.value } : null;
};

/** Search needs no account, so no login cures it. */
const cure =
  'its interface may have changed: upgrade mlenv, and use the catalogue as it was last until then';

const questionOf = (from: {
  readonly org: string | null;
  readonly query: string | null;
  readonly page: number;
  readonly pageSize: number;
}): object => ({
  query: from.query ?? '*:*',
  page: from.page,
  pageSize: from.pageSize,
  filters: from.org === null ? [] : [{ field: 'orgName', value: from.org }],
  // An order that new entries change least, where nothing is better than something else.
  orderBy:
    from.query === null
      ? [{ field: 'nameSort', value: 'ASC' }]
      : [{ field: 'score', value: 'DESC' }],
});

interface PageResults {
  readonly resources: readonly unknown[];
  readonly total: number;
  readonly pageTotal: number;
}

/** The same resources stand in the group `_scored` too, and only some of them: it is not read. */
const pageOf = (source: string, what: string): RegistryResult<PageResults> => {
  const parsed = parseJson(source);
  if (!isJson(parsed) || !Array.isArray(parsed['results'])) {
    return fault({
      code: 'AnswerUnreadable',
      message: `${what}: the answer is no page of results`,
    });
  }
  const groups = list(parsed['results']).map(json);
  const group = groups.find((group) => text(group['groupValue']) === 'CONTAINER');
  const total = count(group?.['totalCount']) ?? count(parsed['resultTotal']);
  const pageTotal = count(parsed['resultPageTotal']);
  if (total === null || pageTotal === null) {
    return fault({ code: 'AnswerUnreadable', message: `${what}: the answer counts nothing` });
  }
  return ok({ resources: list(group?.['resources']), total, pageTotal });
};
