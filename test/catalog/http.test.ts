import { describe, expect, it } from 'vitest';
import { createHttp, type HttpOptions } from '../../controller/catalog/http.ts';
import type { Wait } from '../../controller/catalog/pace.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

interface Sent {
  readonly url: string;
  readonly authorization: string | null;
  readonly at: number;
}

/** A network that answers by address, and a clock that moves when nothing else does. */
const setUp = (
  answer: (url: string, nth: number) => Response | Error,
  more: Partial<HttpOptions> = {},
) => {
  const clock = createSimulatedClock();
  const begin = clock.now();
  const sent: Sent[] = [];
  const waits: Wait[] = [];
  const http = createHttp({
    clock,
    random: { fraction: () => 0.5 },
    onWait: (wait) => waits.push(wait),
    fetch: (url, { headers }) => {
      const authorization = new Headers(headers).get('authorization');
      const nth = sent.push({ url, authorization, at: clock.now() - begin });
      const given = answer(url, nth);
      return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
    },
    ...more,
  });
  const get = async (url: string, method: 'GET' | 'POST' = 'GET') => {
    const abort = new AbortController();
    const running = http.send(
      {
        what: 'the thing',
        url: new URL(url),
        method,
        headers: { authorization: 'Bearer secret' },
        body: null,
        largestBytes: 100,
        user: 'alice',
      },
      abort.signal,
    );
    await clock.advance(3_600_000);
    return running;
  };
  return { get, sent, waits, clock };
};

const to = (location: string, status = 307): Response =>
  new Response(null, { status, headers: { location } });

describe('redirects', () => {
  it('are followed without the credential, which does not come back on the way back', async () => {
    const { get, sent } = setUp((url) => {
      if (url === 'https://a.example/1') return to('/2');
      if (url === 'https://a.example/2') return to('https://b.example/3');
      if (url === 'https://b.example/3') return to('https://a.example/4');
      return new Response('here');
    });
    expect(await get('https://a.example/1')).toMatchObject({ value: { status: 200 } });
    expect(sent.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['https://a.example/1', 'Bearer secret'],
      ['https://a.example/2', 'Bearer secret'],
      ['https://b.example/3', null],
      ['https://a.example/4', null],
    ]);
  });

  it.each([
    ['another port', 'https://a.example:8443/x'],
    ['a host below it', 'https://b.a.example/x'],
    ['a user in it', 'https://a.example@b.example/x'],
  ])('to %s count as another host', async (_, location) => {
    const { get, sent } = setUp((url) =>
      url === 'https://a.example/1' ? to(location) : new Response(),
    );
    await get('https://a.example/1');
    expect(sent[1]?.authorization).toBeNull();
  });

  it.each([
    ['from https to http', 'http://a.example/x', 'http://a.example'],
    ['to a file', 'file:///etc/passwd', 'file:'],
    ['to nowhere', 'https://', 'does not say where'],
  ])('%s are not followed', async (_, location, words) => {
    const { get, sent } = setUp(() => to(location));
    expect(await get('https://a.example/1')).toMatchObject({
      fault: { code: 'RedirectRefused', message: expect.stringContaining(words) },
    });
    expect(sent.length).toBe(1);
  });

  it('end after five', async () => {
    const { get, sent } = setUp((_, nth) => to(`/${nth}`));
    expect(await get('https://a.example/')).toMatchObject({ fault: { code: 'RedirectRefused' } });
    expect(sent.length).toBe(6);
  });

  it('carry no credential that was posted', async () => {
    const { get, sent } = setUp(() => to('/other'));
    expect(await get('https://a.example/', 'POST')).toMatchObject({
      fault: { code: 'RedirectRefused' },
    });
    expect(sent.length).toBe(1);
  });
});

describe('another attempt', () => {
  it('comes after growing waits with chance in them, and not for ever', async () => {
    const { get, sent } = setUp(() => new Response(null, { status: 503 }));
    expect(await get('https://a.example/')).toMatchObject({
      fault: { code: 'RegistryFailed', status: 503 },
    });
    expect(sent.map(({ at }) => at)).toEqual([0, 1000, 3000, 7000]);
  });

  it('waits as long as the host says, and for a quarter of a minute where it says nothing', async () => {
    const said = setUp((_, nth) =>
      nth === 1
        ? new Response(null, { status: 429, headers: { 'retry-after': '30' } })
        : new Response(),
    );
    expect((await said.get('https://a.example/')).ok).toBe(true);
    expect(said.sent.map(({ at }) => at)).toEqual([0, 30_000]);
    const silent = setUp((_, nth) => new Response(null, { status: nth === 1 ? 429 : 200 }));
    await silent.get('https://a.example/');
    expect(silent.sent.map(({ at }) => at)).toEqual([0, 15_000]);
  });

  it('is not made for what the same words cannot help', async () => {
    for (const status of [400, 401, 402, 403, 404, 451]) {
      const { get, sent } = setUp(() => new Response(null, { status }));
      expect(await get('https://a.example/')).toMatchObject({ ok: true, value: { status } });
      expect(sent.length).toBe(1);
    }
  });

  it('is made where the network fails, which is told in words', async () => {
    const cause = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
    const { get, sent } = setUp(() => new TypeError('fetch failed', { cause }));
    expect(await get('https://a.example/')).toMatchObject({
      fault: { code: 'Unreachable', message: 'a.example is no known host: the thing' },
    });
    expect(sent.length).toBe(4);
  });
});

describe('the pace of a host', () => {
  it('is 30 in a minute, told as waits', async () => {
    const { get, sent, waits, clock } = setUp(() => new Response());
    const begin = clock.now();
    const all = Promise.all(Array.from({ length: 61 }, () => get('https://a.example/')));
    await clock.advance(180_000);
    await all;
    const inFirst = sent.filter(({ at }) => at < 60_000).length;
    expect([inFirst, sent.length, clock.now() > begin]).toEqual([30, 61, true]);
    expect(waits.every(({ why }) => why === 'pace')).toBe(true);
  });
});

describe('an answer', () => {
  it('that is too large is not read to its end', async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(40));
      },
    });
    const { get } = setUp(() => new Response(body));
    expect(await get('https://a.example/')).toMatchObject({ fault: { code: 'AnswerTooLarge' } });
    expect(pulled).toBeLessThan(10);
  });

  it('that drips for ever ends, although it is never silent for long', async () => {
    const { get, clock } = setUp(() => new Response(), {
      attempts: 1,
      fetch: (_, { signal }) => {
        const body = new ReadableStream({
          start: (controller) => {
            const drip = (): void => {
              if (signal?.aborted === true) return controller.error(signal.reason);
              controller.enqueue(new Uint8Array(1));
              clock.setTimer(10_000, drip);
            };
            drip();
          },
        });
        return Promise.resolve(new Response(body));
      },
    });
    expect(await get('https://a.example/')).toMatchObject({
      fault: { code: 'Stalled', message: 'a.example did not end within 120 s: the thing' },
    });
  });
});
