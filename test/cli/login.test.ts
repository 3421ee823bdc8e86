import { describe, expect, test } from 'vitest';
import { faultOf } from '../../controller/catalog/fault.ts';
import type { RegistryLogin, RegistryLogins } from '../../controller/model/registry.ts';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, type FakeCli, run } from '../support/cli-fake.ts';

const setUp = (changes: Partial<FakeCli> = {}, over: Partial<RegistryLogins> = {}) => {
  const given: RegistryLogin[] = [];
  const logins: RegistryLogins = {
    login: async (login) => {
      given.push(login);
      return { ok: true, value: { place: '/home/ada/.docker/config.json', checked: true } };
    },
    logout: async () => ({ ok: true, value: null }),
    ...over,
  };
  return { given, cli: fakeCli(fakeWorld(), { logins, ...changes }) };
};

describe('login', () => {
  test('takes the password from a pipe, and shows it nowhere', async () => {
    const { cli, given } = setUp({ input: ['nvapi', '-secret\r\n'] });
    const { code, out, err } = await run(cli, 'login', 'ghcr.io', '-u', 'ada', '--password-stdin');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(
      'Kept in /home/ada/.docker/config.json. It counts for an MLEnv that runs as ada.\n',
    );
    expect(given).toEqual([{ registry: 'ghcr.io', user: 'ada', secret: 'nvapi-secret' }]);
  });

  test('asks on a terminal without showing what is typed, and takes back what is taken back', async () => {
    const { cli, given } = setUp({ tty: true, input: ['wrong\u0015ke', 'yy\u007f', '\r'] });
    const { code, out, err } = await run(cli, 'login', 'nvcr.io');
    expect(code).toBe(0);
    expect(given).toEqual([{ registry: 'nvcr.io', user: '$oauthtoken', secret: 'key' }]);
    expect(err).toBe('Password of $oauthtoken at nvcr.io: \n');
    expect(out).not.toContain('key\n');
    expect(cli.rawModes).toEqual([true, false]);
  });

  test.each([['\u0003'], ['half a passw']])(
    'given up leaves the terminal as it was (%j)',
    async (typed) => {
      const { cli, given } = setUp({ tty: true, input: [typed] });
      expect((await run(cli, 'login', 'nvcr.io')).code).toBe(2);
      expect([given, cli.rawModes]).toEqual([[], [true, false]]);
    },
  );

  test('makes of an unquoted $oauthtoken, which is nothing, the user that NGC has', async () => {
    const { cli, given } = setUp({ input: ['key'] });
    await run(cli, 'login', 'nvcr.io', '-u', '', '--password-stdin');
    expect(given[0]?.user).toBe('$oauthtoken');
  });

  test('needs a name elsewhere, and a terminal or a pipe', async () => {
    const nameless = await run(setUp({ input: ['x'] }).cli, 'login', 'ghcr.io', '--password-stdin');
    expect([nameless.code, nameless.err]).toEqual([
      2,
      'mlenv: say who you are at ghcr.io: --username NAME\n',
    ]);
    const blind = await run(setUp().cli, 'login', 'ghcr.io', '-u', 'ada');
    expect(blind.code).toBe(2);
    expect(blind.err).toContain('--password-stdin');
  });

  test('has no way to take a password as an argument', async () => {
    const { cli, given } = setUp();
    expect((await run(cli, 'login', 'ghcr.io', '-u', 'ada', '--password', 'x')).code).toBe(2);
    expect(given).toEqual([]);
  });

  test('tells where it was not checked', async () => {
    const kept = { place: 'docker-credential-pass', checked: false };
    const { cli } = setUp({ input: ['x'] }, { login: async () => ({ ok: true, value: kept }) });
    const { err } = await run(cli, 'login', 'r.lab', '-u', 'ada', '--password-stdin');
    expect(err).toContain('it was not checked');
  });

  test.each([
    ['LoginNeeded', 4],
    ['Unreachable', 3],
    ['BadReference', 2],
  ] as const)('ends on %s with %d, the message and the cure', async (code, exit) => {
    const fault = faultOf({ code, message: 'it went wrong', cure: 'mend it' });
    const { cli } = setUp({ input: ['x'] }, { login: async () => ({ ok: false, fault }) });
    const ended = await run(cli, 'login', 'r.lab', '-u', 'ada', '--password-stdin');
    expect(ended.code).toBe(exit);
    expect(ended.err).toContain('it went wrong');
    expect(ended.err).toContain('mend it');
  });
});

test('logout says whether there was one', async () => {
  expect((await run(setUp().cli, 'logout', 'ghcr.io')).out).toBe(
    'There was no login for ghcr.io.\n',
  );
  const { cli } = setUp({}, { logout: async () => ({ ok: true, value: '/c.json' }) });
  expect(await run(cli, 'logout', 'ghcr.io')).toMatchObject({
    code: 0,
    out: 'Taken out of /c.json.\n',
  });
});
