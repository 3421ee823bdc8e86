import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../controller/catalog/docker-config.ts';
import { createRegistryReader } from '../../controller/catalog/registry.ts';
import { nextPage, readTags } from '../../controller/catalog/tag-pages.ts';
import { noon, openTestStore } from '../store/support.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const from = new URL('https://mirror.example/ngc/v2/nvidia/pytorch/tags/list?n=1000');

describe('the next page', () => {
  it.each([
    ['</v2/nvidia/pytorch/tags/list?last=b&n=2>; rel="next"', '?last=b&n=2'],
    ['</ngc/v2/nvidia/pytorch/tags/list?last=b>; rel=next', '?last=b'],
    ['<list?last=b>; rel="next"', '?last=b'],
    ['<https://mirror.example/v2/nvidia/pytorch/tags/list?last=b>; rel="next"', '?last=b'],
    ['<?last=a>; rel="prev", <?last=b>; title="x, y"; rel="up next"', '?last=b'],
  ])('%s stays on our own path', (link, search) => {
    expect(nextPage(link, from)).toEqual({
      ok: true,
      value: new URL(`https://mirror.example/ngc/v2/nvidia/pytorch/tags/list${search}`),
    });
  });

  it.each(['', '<?last=b>; rel="prev"', '<?last=b>', 'rel="next"', '<?a>; rel="nextish"'])(
    'is none in %j',
    (link) => {
      expect(nextPage(link, from)).toEqual({ ok: true, value: null });
    },
  );

  it.each([
    [
      '<https://evil.example/ngc/v2/nvidia/pytorch/tags/list?last=b>; rel="next"',
      'RedirectRefused',
    ],
    ['<//evil.example/v2/nvidia/pytorch/tags/list?last=b>; rel="next"', 'RedirectRefused'],
    ['<http://mirror.example/v2/nvidia/pytorch/tags/list?last=b>; rel="next"', 'RedirectRefused'],
    ['</v2/nvidia/secret/tags/list?last=b>; rel="next"', 'RedirectRefused'],
    ['<http://[>; rel="next"', 'AnswerUnreadable'],
  ])('is not looked for at %s', (link, code) => {
    expect(nextPage(link, from)).toMatchObject({ ok: false, fault: { code } });
  });
});

it('has no tags where NGC says null, and is no page in another shape', () => {
  expect(readTags('{"tags":null}', 'it')).toEqual({ ok: true, value: [] });
  expect(readTags('{"tags":["a",1,"b"]}', 'it')).toEqual({ ok: true, value: ['a', 'b'] });
  for (const body of ['{}', '[]', '{"tags":"a"}', '{"tags":["a"']) {
    expect(readTags(body, 'it')).toMatchObject({ fault: { code: 'AnswerUnreadable' } });
  }
});

describe('a list that was read', () => {
  /** Two pages; it takes the login of whoever is in `users`, and anybody's where that is null. */
  const registry = () => {
    const { store, hand } = openTestStore();
    const clock = createSimulatedClock(noon);
    const there = {
      etags: ['"a"', '"b"'],
      tags: [['1.0'], ['2.0']],
      users: null as readonly string[] | null,
      /** It answers everything with 304. */
      isSilent: false,
    };
    const login = { user: null as string | null };
    const asked: string[] = [];
    const credentials: Credentials = {
      of: () =>
        Promise.resolve({
          ok: true,
          value:
            login.user === null ? null : { kind: 'password', user: login.user, secret: 'geheim' },
        }),
    };
    const read = async (): Promise<readonly string[]> => {
      asked.length = 0;
      // As a process that starts anew: nothing is known but what is kept.
      const reader = createRegistryReader({
        clock,
        random: { fraction: () => 0 },
        attempts: 1,
        answers: store.answers,
        credentials,
        fetch: (url, init) => {
          const page = Number(new URL(url).searchParams.has('last'));
          const headers = new Headers(init.headers);
          const said = headers.get('if-none-match');
          const shown = headers.get('authorization')?.replace('Basic ', '') ?? '';
          const [user = ''] = Buffer.from(shown, 'base64').toString().split(':');
          asked.push(`${user}${page}${said === null ? '' : ` unless ${said}`}`);
          if (there.users?.includes(user) === false) {
            const challenge = { 'www-authenticate': 'Basic realm="x"' };
            return Promise.resolve(new Response('{}', { status: 401, headers: challenge }));
          }
          const etag = there.etags[page] ?? '';
          const answered: Record<string, string> = etag === '' ? {} : { etag };
          if (there.isSilent || (said !== null && said === etag)) {
            return Promise.resolve(new Response(null, { status: 304, headers: answered }));
          }
          if (page === 0) answered['link'] = '<?last=1.0>; rel="next"';
          const body = JSON.stringify({ name: 'x', tags: there.tags[page] });
          return Promise.resolve(new Response(body, { headers: answered }));
        },
      });
      const found: string[] = [];
      const { signal } = new AbortController();
      for await (const page of reader.tags('registry.example/team/app', { signal })) {
        if (!page.ok) found.push(page.fault.code);
        else found.push(`${page.value.tags.join(' ')}${page.value.unchanged ? '=' : ''}`);
      }
      return found;
    };
    const rows = () => hand.prepare('SELECT * FROM api_cache ORDER BY endpoint').all();
    return { there, login, asked, read, rows, hand };
  };

  it('is asked for each time, page by page with its own ETag, and replaced where it changed', async () => {
    const { there, asked, read } = registry();
    expect(await read()).toEqual(['1.0', '2.0']);
    expect(asked).toEqual(['0', '1']);
    expect(await read()).toEqual(['1.0=', '2.0=']);
    expect(asked).toEqual(['0 unless "a"', '1 unless "b"']);
    there.etags[1] = 'W/"c"';
    there.tags[1] = ['2.0', '3.0'];
    expect(await read()).toEqual(['1.0=', '2.0 3.0']);
    expect(await read()).toEqual(['1.0=', '2.0 3.0=']);
    expect(asked).toEqual(['0 unless "a"', '1 unless W/"c"']);
  });

  it('is not kept without an ETag', async () => {
    const { there, asked, read, rows } = registry();
    there.etags = [];
    await read();
    expect(await read()).toEqual(['1.0', '2.0']);
    expect(asked).toEqual(['0', '1']);
    expect(rows()).toEqual([]);
  });

  it('by one login is not there for another, and no secret or name is kept with it', async () => {
    const { there, login, asked, read, rows } = registry();
    there.users = ['ada', 'bob'];
    login.user = 'ada';
    expect(await read()).toEqual(['1.0', '2.0']);
    expect(asked).toEqual(['0', 'ada0', 'ada1']);
    login.user = 'bob';
    expect(await read()).toEqual(['1.0', '2.0']);
    expect(asked).toEqual(['0', 'bob0', 'bob1']);
    expect(await read()).toEqual(['1.0=', '2.0=']);
    expect(asked).toEqual(['0', 'bob0 unless "a"', 'bob1 unless "b"']);
    expect(rows().length).toBe(4);
    const kept = JSON.stringify(rows());
    for (const word of ['ada', 'bob', 'geheim', Buffer.from('ada:geheim').toString('base64')]) {
      expect(kept).not.toContain(word);
    }
  });

  it('is not there for a login that may no longer read it', async () => {
    const { there, login, read } = registry();
    there.users = ['ada'];
    login.user = 'ada';
    await read();
    there.users = [];
    expect(await read()).toEqual(['LoginNeeded']);
  });

  it('is not what a 304 to nothing stands for', async () => {
    const { there, read, rows } = registry();
    there.isSilent = true;
    expect(await read()).toEqual(['Refused']);
    expect(rows()).toEqual([]);
  });

  it('and that a hand spoiled is asked for as if it had never come', async () => {
    const { asked, read, hand } = registry();
    await read();
    hand.exec(`UPDATE api_cache SET response = '{"tags":'`);
    expect(await read()).toEqual(['1.0', '2.0']);
    expect(asked).toEqual(['0', '1']);
  });
});
