import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNgcSearch } from '../../controller/catalog/ngc.ts';
import type { CataloguePage, RegistryResult } from '../../controller/model/registry.ts';
import { packageFolder } from '../../schema/files.ts';
import { noon, openTestStore } from '../store/support.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const recorded = (name: string): string =>
  readFileSync(join(packageFolder(), 'test/fixtures/ngc', `${name}.json`), 'utf8');

const read = async (
  answers: readonly (string | Response)[],
  search: { readonly org?: string | null; readonly query?: string | null } = {},
) => {
  const asked: URL[] = [];
  const catalogue = createNgcSearch({
    clock: createSimulatedClock(),
    random: { fraction: () => 0 },
    attempts: 1,
    pageSize: 3,
    url: () => 'https://catalogue.example/mirror',
    fetch: (url) => {
      const answer = answers[asked.push(new URL(url)) - 1] ?? '{}';
      return Promise.resolve(typeof answer === 'string' ? new Response(answer) : answer);
    },
  });
  const pages: RegistryResult<CataloguePage>[] = [];
  const { signal } = new AbortController();
  for await (const page of catalogue.pages({ org: 'nvidia', query: null, ...search, signal })) {
    pages.push(page);
  }
  return { pages, asked, values: pages.flatMap((page) => (page.ok ? [page.value] : [])) };
};

const three = () => ['page-0', 'page-1', 'page-2'].map(recorded);

describe('the catalogue', () => {
  it('is asked in JSON, from page 0, and by the name of the organisation', async () => {
    const { asked } = await read(three());
    const [first, ...more] = asked.map(
      (url) => JSON.parse(url.searchParams.get('q') ?? '') as object,
    );
    expect(asked[0]?.pathname).toBe('/mirror/v2/search/catalog/resources/CONTAINER');
    expect(first).toEqual({
      query: '*:*',
      page: 0,
      pageSize: 3,
      filters: [{ field: 'orgName', value: 'nvidia' }],
      orderBy: [{ field: 'nameSort', value: 'ASC' }],
    });
    expect(more).toMatchObject([{ page: 1 }, { page: 2 }]);
    const words = await read(three(), { org: null, query: 'torch "x"' });
    expect(JSON.parse(words.asked[0]?.searchParams.get('q') ?? '')).toMatchObject({
      query: 'torch "x"',
      filters: [],
    });
  });

  it('gives each entry once, although pages moved and the best ones stand in a group of their own', async () => {
    const { values } = await read(three());
    expect(values.map(({ entries }) => entries.map(({ repository }) => repository))).toEqual([
      ['nvidia/cuda', 'nvidia/clara/monai-toolkit', 'nvidia/jax'],
      ['nvidia/pytorch', 'nvidia/tensorrt'],
      ['nvidia/tritonserver', 'nvidia/digits'],
    ]);
    expect(values.map(({ total, complete }) => [total, complete])).toEqual([
      [8, false],
      [9, false],
      [9, true],
    ]);
    expect(values[2]?.skipped).toEqual([
      { entry: 'nvidia/Bad Name', why: 'its id is no name of an image' },
      { entry: 'nvidia/megatron', why: 'it is a model' },
    ]);
  });

  it('reads what stands in attributes, and splits the id', async () => {
    const { values } = await read(three());
    const [, monai, , pytorch, bare, , old] = values.flatMap(({ entries }) => entries);
    expect(pytorch).toMatchObject({
      org: 'nvidia',
      team: '',
      name: 'pytorch',
      displayName: 'PyTorch',
      latestTag: '25.01-py3-igpu',
      sizeBytes: 9_893_312_512,
      labels: { general: ['Deep Learning'], publisher: ['NVIDIA'] },
      isPublic: true,
      canGuestPull: true,
      createdAt: Date.UTC(2019, 2, 18, 20, 25, 39),
      updatedAt: Date.UTC(2025, 0, 28, 20, 0, 12),
    });
    expect(JSON.parse(pytorch?.raw ?? '')).toHaveProperty('weightPopular', 100);
    expect(monai).toMatchObject({ org: 'nvidia', team: 'clara', name: 'monai-toolkit' });
    expect(bare).toMatchObject({
      displayName: 'tensorrt',
      latestTag: null,
      sizeBytes: null,
      labels: {},
    });
    // The words of the other interface mean the same.
    expect(old).toMatchObject({
      description: 'An old one',
      latestTag: '21.09-tensorflow',
      sizeBytes: 1234,
      updatedAt: Date.UTC(2021, 8, 28),
      canGuestPull: true,
    });
  });

  it('is not complete where fewer came than it counts', async () => {
    const [first = '', , third = ''] = three();
    const { values } = await read([first, first, third]);
    expect(values.map(({ complete }) => complete)).toEqual([false, false, false]);
    expect(values[1]?.entries).toEqual([]);
  });

  it('is not complete where an entry has no id, and says what it left out', async () => {
    const { values } = await read([recorded('nameless')]);
    expect(values).toMatchObject([
      {
        complete: false,
        entries: [{ repository: 'nvidia/cuda' }],
        skipped: [
          { entry: 'without an id', why: 'it has no resourceId' },
          { entry: 'nim/meta/llama3-8b-instruct', why: 'it is not of nvidia' },
        ],
      },
    ]);
  });

  it('ends at an empty page, and does not call that complete', async () => {
    const empty = JSON.stringify({
      resultTotal: 9,
      resultPageTotal: 30,
      results: [{ groupValue: 'CONTAINER', totalCount: 9, resources: [] }],
    });
    const { values, asked } = await read([recorded('page-0'), empty]);
    expect(asked.length).toBe(2);
    expect(values.at(-1)).toMatchObject({ complete: false, entries: [] });
  });

  it('that is empty is complete', async () => {
    const nothing = '{"resultTotal":0,"resultPageTotal":0,"results":[]}';
    expect((await read([nothing])).values).toMatchObject([{ complete: true, entries: [] }]);
  });

  it.each([
    ['cut off', recorded('page-0').slice(0, 500), 'AnswerUnreadable'],
    ['a page for eyes', '<html></html>', 'AnswerUnreadable'],
    ['of another shape', '{"results":{}}', 'AnswerUnreadable'],
    ['without counts', '{"results":[]}', 'AnswerUnreadable'],
    ['refused', new Response('{}', { status: 401 }), 'LoginNeeded'],
    ['broken', new Response('{}', { status: 500 }), 'RegistryFailed'],
  ])('%s in the middle ends with a fault', async (_, answer, code) => {
    const { pages } = await read([recorded('page-0'), answer]);
    expect(pages).toMatchObject([{ ok: true }, { ok: false, fault: { code } }]);
  });

  it('repeats the words it was refused with, and names no login that would help', async () => {
    const body = '{"requestStatus":{"statusCode":"INVALID","statusDescription":"q is no JSON"}}';
    const { pages } = await read([new Response(body, { status: 400 })]);
    expect(pages).toMatchObject([
      { fault: { code: 'Refused', message: expect.stringContaining('INVALID, q is no JSON') } },
    ]);
    expect(JSON.stringify(pages)).not.toContain('mlenv login');
  });
});

describe('a search that was whole', () => {
  const hour = 3_600_000;
  const page = (name: string, pages = 2): string =>
    JSON.stringify({
      resultTotal: pages,
      resultPageTotal: pages,
      results: [
        {
          groupValue: 'CONTAINER',
          totalCount: pages,
          resources: [{ resourceId: `nvidia/${name}`, orgName: 'nvidia', name }],
        },
      ],
    });

  /** A catalogue that gives pages their ETags, and `''` where it gives none. */
  const mirror = () => {
    const { store, hand } = openTestStore();
    const clock = createSimulatedClock(noon);
    const there = { pages: [page('cuda'), page('jax')], etags: ['"0"', '"1"'] };
    const asked: (string | null)[] = [];
    const site = { url: 'https://catalogue.example' };
    const catalogue = createNgcSearch({
      clock,
      random: { fraction: () => 0 },
      attempts: 1,
      answers: store.answers,
      url: () => site.url,
      fetch: (url, init) => {
        const { page = 0 } = JSON.parse(new URL(url).searchParams.get('q') ?? '') as {
          readonly page?: number;
        };
        const said = new Headers(init.headers).get('if-none-match');
        asked.push(said === null ? `${page}` : `${page} unless ${said}`);
        const etag = there.etags[page] ?? '';
        const headers: Record<string, string> = etag === '' ? {} : { etag };
        const isSame = said !== null && said === etag;
        return Promise.resolve(
          isSame
            ? new Response(null, { status: 304, headers })
            : new Response(there.pages[page] ?? null, { headers }),
        );
      },
    });
    const read = async (): Promise<readonly string[]> => {
      asked.length = 0;
      const found: string[] = [];
      const { signal } = new AbortController();
      for await (const page of catalogue.pages({ org: 'nvidia', query: null, signal })) {
        if (!page.ok) found.push(page.fault.code);
        else {
          const mark = page.value.unchanged ? '=' : '';
          found.push(...page.value.entries.map(({ name }) => `${name}${mark}`));
        }
      }
      return found;
    };
    return { there, asked, site, clock, hand, read };
  };

  it('is kept by its path, with who answered beside it', async () => {
    const { hand, read } = mirror();
    await read();
    const kept = hand
      .prepare(
        `SELECT DISTINCT substr(endpoint, 1, instr(endpoint, '?') - 1), origin FROM api_cache`,
      )
      .raw()
      .all();
    expect(kept).toEqual([['/v2/search/catalog/resources/CONTAINER', 'https://catalogue.example']]);
  });

  it('is read from the record for an hour, then asked for again with its ETags', async () => {
    const { there, asked, clock, hand, read } = mirror();
    expect(await read()).toEqual(['cuda', 'jax']);
    await clock.advance(hour - 1000);
    there.pages[1] = page('tensorrt');
    there.etags[1] = '"2"';
    expect(await read()).toEqual(['cuda', 'jax']);
    expect(asked).toEqual([]);
    await clock.advance(1000);
    expect(await read()).toEqual(['cuda=', 'tensorrt']);
    expect(asked).toEqual(['0 unless "0"', '1 unless "1"']);
    // Both hold for another hour: the one that was renewed, and the one that was replaced.
    await clock.advance(hour - 1000);
    expect(await read()).toEqual(['cuda', 'tensorrt']);
    expect(asked).toEqual([]);
    expect(hand.prepare('SELECT etag FROM api_cache ORDER BY endpoint').pluck().all()).toEqual([
      '"0"',
      '"2"',
    ]);
  });

  it('is asked for as a whole where it came without ETags, or with what is none', async () => {
    const { there, asked, clock, read } = mirror();
    there.etags = ['', 'no quotes'];
    await read();
    await clock.advance(hour);
    expect(await read()).toEqual(['cuda', 'jax']);
    expect(asked).toEqual(['0', '1']);
  });

  it('of another address is not this one', async () => {
    const { asked, clock, site, read } = mirror();
    await read();
    site.url = 'https://mirror.example/ngc';
    await read();
    expect(asked).toEqual(['0', '1']);
    await clock.advance(hour);
    await read();
    expect(asked).toEqual(['0 unless "0"', '1 unless "1"']);
  });

  it('is the only one that is kept', async () => {
    const { there, asked, read } = mirror();
    there.pages[1] = page('cuda');
    await read();
    await read();
    expect(asked).toEqual(['0', '1']);
  });

  it('is no longer one when a page of it fails, and what was kept is asked for again', async () => {
    const { there, asked, clock, read } = mirror();
    await read();
    await clock.advance(hour);
    there.pages[1] = '{}';
    there.etags[1] = '"2"';
    expect(await read()).toEqual(['cuda=', 'AnswerUnreadable']);
    await read();
    expect(asked).toEqual(['0 unless "0"', '1 unless "1"']);
  });

  it('that a hand spoiled is asked for as if it had never come', async () => {
    const { asked, hand, read } = mirror();
    await read();
    hand.exec(`UPDATE api_cache SET response = '{"results":'`);
    expect(await read()).toEqual(['cuda', 'jax']);
    expect(asked).toEqual(['0', '1']);
  });

  it('does not take a 304 that nothing was known for', async () => {
    const { pages } = await read([new Response(null, { status: 304 })]);
    expect(pages).toMatchObject([{ ok: false, fault: { code: 'Refused', status: 304 } }]);
  });
});
