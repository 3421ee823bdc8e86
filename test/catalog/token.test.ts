import { describe, expect, it } from 'vitest';
import type { Credential } from '../../controller/catalog/docker-config.ts';
import { ok } from '../../controller/catalog/fault.ts';
import type { HttpRequest } from '../../controller/catalog/http.ts';
import { placeOf } from '../../controller/catalog/places.ts';
import { createTokens } from '../../controller/catalog/token.ts';
import { createSimulatedClock } from '../support/simulated-clock.ts';

const { signal } = new AbortController();
const hub = placeOf({ registry: 'docker.io', repository: 'library/busybox' }, []);
const ngc = placeOf({ registry: 'nvcr.io', repository: 'nvidia/pytorch' }, []);
const hubChallenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
const ngcChallenge = 'Bearer realm="https://nvcr.io/proxy_auth?scope=repository:x:pull,push"';

const setUp = (
  body: string | ((nth: number) => string),
  credential: Credential | null = null,
  status = 200,
) => {
  const clock = createSimulatedClock();
  const sent: HttpRequest[] = [];
  const tokens = createTokens({
    clock,
    credentials: { of: () => Promise.resolve(ok(credential)) },
    http: {
      send: (request) => {
        const nth = sent.push(request);
        const text = typeof body === 'string' ? body : body(nth);
        const answer = {
          status,
          headers: new Headers(),
          body: Buffer.from(text),
          url: request.url,
        };
        return Promise.resolve(ok(answer));
      },
    },
  });
  return { clock, sent, tokens };
};

const alice: Credential = { kind: 'password', user: 'alice', secret: 'pw' };

describe('a token', () => {
  it('serves until half a minute before its end', async () => {
    const { tokens, clock, sent } = setUp((nth) => `{"token":"t${nth}","expires_in":300}`);
    expect(await tokens.known(hub, signal)).toEqual({ ok: true, value: null });
    expect(await tokens.renew(hub, hubChallenge, signal)).toMatchObject({
      value: { header: 'Bearer t1', user: null },
    });
    await clock.advance(269_999);
    expect(await tokens.known(hub, signal)).toMatchObject({ value: { header: 'Bearer t1' } });
    await clock.advance(1);
    // How to ask is known by now, so that no 401 is needed.
    expect(await tokens.known(hub, signal)).toMatchObject({ value: { header: 'Bearer t2' } });
    expect(sent.length).toBe(2);
  });

  it('may be called access_token, and lasts a minute where it does not say', async () => {
    const { tokens, clock, sent } = setUp('{"access_token":"t"}');
    expect(await tokens.renew(hub, hubChallenge, signal)).toMatchObject({
      value: { header: 'Bearer t' },
    });
    await clock.advance(29_000);
    await tokens.known(hub, signal);
    expect(sent.length).toBe(1);
    await clock.advance(2000);
    await tokens.known(hub, signal);
    expect(sent.length).toBe(2);
  });

  it('is for one repository, and another one costs no 401', async () => {
    const { tokens, sent } = setUp('{"token":"t","expires_in":300}');
    await tokens.renew(ngc, ngcChallenge, signal);
    await tokens.known({ ...ngc, repository: 'nvidia/cuda', name: 'nvcr.io/nvidia/cuda' }, signal);
    expect(sent.map(({ url }) => url.searchParams.getAll('scope'))).toEqual([
      ['repository:nvidia/pytorch:pull'],
      ['repository:nvidia/cuda:pull'],
    ]);
  });

  it.each(['{"token":""}', '{"token":"a\\r\\nb"}', '{}', 'html'])('is none in %s', async (body) => {
    const { tokens } = setUp(body);
    expect(await tokens.renew(hub, hubChallenge, signal)).toMatchObject({
      fault: { code: 'AnswerUnreadable' },
    });
  });

  it.each([null, '', 'Negotiate', 'Bearer service="x"'])(
    'is not to be had by %s',
    async (challenge) => {
      const { tokens, sent } = setUp('{"token":"t"}');
      expect(await tokens.renew(hub, challenge, signal)).toMatchObject({
        fault: { code: 'AnswerUnreadable' },
      });
      expect(sent).toEqual([]);
    },
  );
});

describe('a login', () => {
  it('goes to the token server that is known for the registry', async () => {
    const { tokens, sent } = setUp('{"token":"t"}', alice);
    expect(await tokens.renew(hub, hubChallenge, signal)).toMatchObject({
      value: { user: 'alice' },
    });
    expect(sent[0]?.headers).toEqual({ authorization: `Basic ${btoa('alice:pw')}` });
  });

  it.each([
    'Bearer realm="https://auth.evil.example/token"',
    'Bearer realm="https://auth.docker.io.evil.example/token"',
    'Bearer realm="http://auth.docker.io/token"',
    'Bearer realm="https://auth.docker.io:8443/token"',
  ])('does not go to %s', async (challenge) => {
    const { tokens, sent } = setUp('{"token":"t"}', alice);
    // A public image is there all the same.
    expect(await tokens.renew(hub, challenge, signal)).toMatchObject({ value: { user: null } });
    expect(sent.map(({ headers }) => headers)).toEqual([{}]);
    const refused = setUp('{}', alice, 401);
    expect(await refused.tokens.renew(hub, challenge, signal)).toMatchObject({
      fault: { code: 'TokenServerUnknown' },
    });
  });

  it('by an identity token is posted, and not put into an address', async () => {
    const identity: Credential = { kind: 'identity', user: '<token>', token: 'refresh-me' };
    const { tokens, sent } = setUp('{"access_token":"t"}', identity);
    await tokens.renew(hub, hubChallenge, signal);
    expect(sent[0]).toMatchObject({ method: 'POST', url: new URL('https://auth.docker.io/token') });
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body ?? ''))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-me',
      service: 'registry.docker.io',
      scope: 'repository:library/busybox:pull',
      client_id: 'mlenv',
    });
  });

  it('that NGC does not take is told with the user it wants', async () => {
    const { tokens } = setUp('{}', alice, 401);
    expect(await tokens.renew(ngc, ngcChallenge, signal)).toMatchObject({
      fault: { code: 'LoginNeeded', cure: expect.stringContaining("'$oauthtoken'") },
    });
    const nobody = setUp('{}', null, 401);
    expect(await nobody.tokens.renew(ngc, ngcChallenge, signal)).toMatchObject({
      fault: { cure: expect.stringContaining('mlenv login nvcr.io with an API key') },
    });
  });

  it.each([
    [402, 'SubscriptionNeeded'],
    [403, 'Forbidden'],
    [451, 'LicenceNeeded'],
    [400, 'Refused'],
  ])('that meets a gate at the token server (%d) is told as that', async (status, code) => {
    const { tokens } = setUp('{}', alice, status);
    expect(await tokens.renew(ngc, ngcChallenge, signal)).toMatchObject({
      fault: { code, status, message: expect.stringContaining('nvcr.io/nvidia/pytorch') },
    });
  });

  it('by name and password is made of them, and forgotten after a minute at most', async () => {
    const place = placeOf({ registry: 'r.example', repository: 'a' }, []);
    const { tokens, sent } = setUp('', alice);
    const proof = { header: `Basic ${btoa('alice:pw')}`, user: 'alice' };
    expect(await tokens.renew(place, 'Basic realm="r"', signal)).toEqual({
      ok: true,
      value: proof,
    });
    expect(await tokens.known(place, signal)).toEqual({ ok: true, value: proof });
    expect(sent).toEqual([]);
  });
});
