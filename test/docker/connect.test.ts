import { expect, test } from 'vitest';
import { connectEngine, negotiate, resolveHost } from '../../controller/docker/connect.ts';

const nothing = (): boolean => false;

test('DOCKER_HOST goes before any socket', () => {
  expect(resolveHost({ DOCKER_HOST: 'unix:///x.sock' }, () => true)).toBe('unix:///x.sock');
});

test("the system's socket goes before the user's own", () => {
  const env = { XDG_RUNTIME_DIR: '/run/user/7' };
  expect(resolveHost(env, () => true)).toBe('unix:///var/run/docker.sock');
  expect(resolveHost(env, (path) => path.startsWith('/run/user'))).toBe(
    'unix:///run/user/7/docker.sock',
  );
  expect(resolveHost(env, nothing)).toBeNull();
  expect(resolveHost({ DOCKER_HOST: '' }, nothing)).toBeNull();
});

test.each([
  ['1.41', '1.41'],
  ['1.45', '1.45'],
  ['1.99', '1.50'],
])('an engine that speaks %s is spoken to in %s', (theirs, agreed) => {
  expect(negotiate(theirs)).toEqual({ ok: true, value: agreed });
});

test.each(['1.40', '1.24', '2.0', '', 'nonsense', '1.x'])('API %j is refused', (theirs) => {
  expect(negotiate(theirs)).toMatchObject({ ok: false, failure: { kind: 'terminal' } });
});

test.each(['tcp://10.0.0.1:2375', 'http://x', 'ssh://x', 'nonsense'])(
  'the host %j is refused',
  async (host) => {
    expect(await connectEngine({ host })).toMatchObject({
      ok: false,
      failure: { kind: 'terminal' },
    });
  },
);

test('no engine behind the socket is a failure that may pass', async () => {
  expect(await connectEngine({ host: 'unix:///nowhere/docker.sock' })).toMatchObject({
    ok: false,
    failure: { kind: 'retry' },
  });
});
