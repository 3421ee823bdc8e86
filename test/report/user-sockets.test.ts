import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectApi } from '../../controller/report/http-client.ts';
import { socketLocation } from '../../controller/report/socket-location.ts';
import { requestUserSocket } from '../../controller/report/user-socket-request.ts';
import { serveUserSockets } from '../../controller/report/user-sockets.ts';
import type { SocketBounds, UserSockets } from '../../controller/report/user-sockets.ts';
import { fakeApi, fakeWorld } from '../support/api-fake.ts';

const ownUid = process.getuid?.() ?? 0;
const stranger = ownUid + 4711;

let folder: string;
let runDir: string;
let sockets: UserSockets;
let owners: [string, number][];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlenv-us-'));
  runDir = join(folder, 'run');
  owners = [];
  sockets = await serveUserSockets({
    runDir,
    ownUid,
    allow: (uid) => uid === ownUid || uid === stranger + 1,
    api: () => fakeApi(fakeWorld()),
    // Giving away is root's alone; what is asked for is what counts here.
    setOwner: async (path, uid) => {
      owners.push([path, uid]);
    },
  });
});

afterEach(async () => {
  await sockets.close();
  await rm(folder, { recursive: true });
});

describe('the request socket', () => {
  it('makes a private folder with a socket that answers', async () => {
    const answer = await requestUserSocket({ runDir, uid: ownUid });
    const path = join(runDir, 'u', String(ownUid), 'api.sock');
    expect(answer).toEqual({ ok: true, path });
    expect((await stat(join(runDir, 'u', String(ownUid)))).mode & 0o777).toBe(0o700);
    expect((await stat(join(runDir, 'request.sock'))).mode & 0o777).toBe(0o666);
    expect(await (await connectApi(path))?.version()).toMatchObject({ mode: 'controller' });
  });

  it('takes the folder for itself before, and gives it away only after the socket is made', async () => {
    const uid = stranger + 1;
    const { folder: made, socketPath } = socketLocation({
      env: { XDG_RUNTIME_DIR: folder },
      uid,
      home: '/',
      system: false,
    });
    const own = made.replace(join(folder, 'mlenv'), runDir);
    const socket = socketPath.replace(join(folder, 'mlenv'), runDir);
    expect(await sockets.serve(uid)).toBe(socket);
    expect(owners).toEqual([
      [own, ownUid],
      [socket, uid],
      [own, uid],
    ]);
  });

  it('serves a user once, however many ask', async () => {
    await Promise.all([1, 2, 3].map(() => requestUserSocket({ runDir, uid: ownUid })));
    expect(owners.filter(([path]) => path.endsWith('.sock'))).toHaveLength(1);
  });

  it('refuses who is not served, with words', async () => {
    expect(await requestUserSocket({ runDir, uid: stranger })).toEqual({
      ok: false,
      message: `this MLEnv does not serve uid ${stranger}; getent passwd ${stranger} tells whether there is such a user`,
    });
  });

  it.each(['{}\n', 'nonsense\n', '{"uid":-1}\n', '{"uid":"0"}\n', 'x'.repeat(300)])(
    'refuses %j and goes on',
    async (text) => {
      expect(await ask(text)).toContain('"ok":false');
      expect(await requestUserSocket({ runDir, uid: ownUid })).toMatchObject({ ok: true });
    },
  );

  it('is null to a client where there is no system instance', async () => {
    expect(await requestUserSocket({ runDir: join(folder, 'none'), uid: 0 })).toBeNull();
  });

  it('does not follow a link that lies where the folder should be', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await writeFile(elsewhere, '');
    await symlink(elsewhere, join(runDir, 'u', String(ownUid)));
    expect(await requestUserSocket({ runDir, uid: ownUid })).toMatchObject({ ok: false });
  });
});

describe('under a flood', () => {
  const flooded = async (bounds: Partial<SocketBounds>, time = { ms: 0 }) => {
    await sockets.close();
    sockets = await serveUserSockets({
      runDir,
      ownUid,
      allow: (uid) => uid < ownUid + 1000,
      isPreferred: (uid) => uid === ownUid + 500,
      api: () => fakeApi(fakeWorld()),
      setOwner: async () => {},
      bounds,
      now: () => time.ms,
    });
    await sockets.serve(ownUid);
    return sockets;
  };
  const folders = async (): Promise<readonly string[]> => readdir(join(runDir, 'u'));

  it('keeps as many unused sockets as it may, and takes their folders away', async () => {
    const flood = await flooded({ unused: 5, burst: 1000 });
    for (let n = 1; n <= 200; n += 1) await flood.serve(ownUid + n);
    expect(flood.count()).toBeLessThanOrEqual(7);
    await vi.waitFor(async () => expect((await folders()).length).toBeLessThanOrEqual(7));
    expect(await folders()).toContain(String(ownUid));
    expect(await folders()).toContain(String(ownUid + 200));
  });

  it('makes no folder at all for numbers that are nobody’s', async () => {
    await flooded({});
    for (let n = 0; n < 200; n += 1)
      expect(await requestUserSocket({ runDir, uid: ownUid + 5000 + n })).toMatchObject({
        ok: false,
      });
    expect(await folders()).toEqual([String(ownUid)]);
  });

  it('leaves one alone that somebody has connected to', async () => {
    const flood = await flooded({ unused: 5, burst: 1000 });
    const path = await flood.serve(ownUid + 1);
    await connectApi(path);
    for (let n = 2; n <= 50; n += 1) await flood.serve(ownUid + n);
    expect(await (await connectApi(path))?.version()).toMatchObject({ mode: 'controller' });
  });

  it('makes only so many in a second, and any time for one who owns a project', async () => {
    const time = { ms: 0 };
    const flood = await flooded({ perSecond: 1, burst: 3 }, time);
    for (let n = 1; n <= 3; n += 1) await flood.serve(ownUid + n);
    await expect(flood.serve(ownUid + 4)).rejects.toMatchObject({ code: 'busy' });
    await expect(flood.serve(ownUid + 500)).resolves.toContain('api.sock');
    time.ms += 1000;
    await expect(flood.serve(ownUid + 4)).resolves.toContain('api.sock');
  });

  it('refuses with words where all that may be open are in use', async () => {
    const flood = await flooded({ open: 3, burst: 1000 });
    const held: Socket[] = [];
    for (const n of [1, 2]) {
      const socket = createConnection(await flood.serve(ownUid + n));
      await once(socket, 'connect');
      held.push(socket);
    }
    await vi.waitFor(() =>
      expect(flood.serve(ownUid + 3)).rejects.toMatchObject({
        code: 'busy',
        message: expect.stringContaining('try again'),
      }),
    );
    for (const socket of held) socket.destroy();
    await vi.waitFor(() => flood.serve(ownUid + 3));
  }, 20_000);

  it('takes away what is idle, never its own, and makes it again when it is asked for', async () => {
    const time = { ms: 0 };
    const flood = await flooded({ idleMs: 60_000 }, time);
    const path = await flood.serve(ownUid + 1);
    await writeFile(join(runDir, 'u', String(ownUid + 2)), 'no folder of ours');
    time.ms = 59_000;
    await flood.sweep();
    expect(flood.count()).toBe(2);
    time.ms = 1e9;
    await flood.sweep();
    expect(flood.count()).toBe(1);
    expect(await folders()).toEqual([ownUid, ownUid + 2].map(String));
    expect(await flood.serve(ownUid + 1)).toBe(path);
    expect(await connectApi(path)).not.toBeNull();
  });

  it('takes away the folders that a process before it left, and no other', async () => {
    await sockets.close();
    await mkdir(join(runDir, 'u', '4001'), { recursive: true });
    await mkdir(join(runDir, 'u', '4002'));
    await writeFile(join(runDir, 'u', '4002', 'notes'), '');
    await mkdir(join(runDir, 'u', 'other'));
    await flooded({});
    expect(await folders()).toEqual(expect.arrayContaining(['4002', 'other']));
    expect(await folders()).not.toContain('4001');
  });

  it('hears one who asks while others say nothing', async () => {
    await flooded({});
    const silent = Array.from({ length: 200 }, () =>
      createConnection(join(runDir, 'request.sock')),
    );
    for (const socket of silent) socket.on('error', () => undefined);
    await Promise.all(silent.map((socket) => once(socket, 'connect').catch(() => undefined)));
    expect(await requestUserSocket({ runDir, uid: ownUid + 1 })).toMatchObject({ ok: true });
    for (const socket of silent) socket.destroy();
  });
});

it('gives paths away for real where that changes nothing', async () => {
  const real = await serveUserSockets({
    runDir: join(folder, 'real'),
    ownUid,
    allow: () => true,
    api: () => fakeApi(fakeWorld()),
  });
  await expect(connectApi(await real.serve(ownUid))).resolves.not.toBeNull();
  await real.close();
});

/** Two people, as the kernel sees them: only root can be both. */
describe.runIf(ownUid === 0)('with real users', () => {
  const [ada, bob] = [12_345, 12_346];

  it('each enters their own folder alone, and is known by it', async () => {
    await chmod(folder, 0o755);
    const real = await serveUserSockets({
      runDir: join(folder, 'real'),
      ownUid,
      allow: () => true,
      api: (uid) => {
        const world = fakeWorld();
        return fakeApi({ ...world, version: { ...world.version, pid: uid } });
      },
    });
    const paths = new Map([
      [ada, await real.serve(ada)],
      [bob, await real.serve(bob)],
    ]);
    const asked = async (uid: number, whose: number): Promise<string> => {
      const child = spawn(process.execPath, ['-e', askVersion, paths.get(whose) ?? ''], {
        uid,
        gid: uid,
        cwd: '/',
        env: {},
        timeout: 30_000,
      });
      let said = '';
      child.stdout.on('data', (piece) => (said += String(piece)));
      await once(child, 'close');
      return said;
    };
    try {
      expect(await asked(ada, ada)).toBe(String(ada));
      expect(await asked(bob, bob)).toBe(String(bob));
      expect(await asked(ada, bob)).toBe('EACCES');
      expect(await asked(bob, ada)).toBe('EACCES');
    } finally {
      await real.close();
    }
  });
});

const askVersion = `
const request = require('node:http').get({ socketPath: process.argv[1], path: '/v1/version' });
request.on('error', ({ code }) => process.stdout.write(code));
request.on('response', (response) => {
  let text = '';
  response.on('data', (piece) => (text += piece));
  response.on('end', () => process.stdout.write(String(JSON.parse(text).pid)));
});
`;

describe('socketLocation', () => {
  const common = { uid: 1000, home: '/home/ada' };
  it.each([
    [{}, false, '/home/ada/.mlenv/run/mlenv/u/1000/api.sock'],
    [{ XDG_RUNTIME_DIR: '' }, false, '/home/ada/.mlenv/run/mlenv/u/1000/api.sock'],
    [{ XDG_RUNTIME_DIR: '/run/user/1000' }, false, '/run/user/1000/mlenv/u/1000/api.sock'],
    [{ XDG_RUNTIME_DIR: '/run/user/1000' }, true, '/run/mlenv/u/1000/api.sock'],
  ])('%j, system %s: %s', (env, system, path) => {
    expect(socketLocation({ ...common, env, system }).socketPath).toBe(path);
  });
});

const ask = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(join(runDir, 'request.sock'));
    let answer = '';
    socket.on('data', (piece) => (answer += String(piece)));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.write(text);
  });
