import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unreadable } from '../../controller/door/descriptor.ts';
import { nodeSpecFiles } from '../../specs/files.ts';
import { createSpecReader } from '../../specs/reader.ts';

/** Real files of real uids, read as root reads them: mallory's tries, each of which once worked. */
const mallory = 54_903;
const alice = 54_901;
const canary = 'canary-of-alice';
const spec = (fields = 'envFile: s.env'): string =>
  `apiVersion: mlenv/v1\nenvironments:\n  a:\n    image: app\n    ${fields}\n`;

let root: string;
let project: string;
let treasure: string;

const given = (
  path: string,
  text: string,
  {
    uid = mallory,
    gid = uid,
    mode = 0o644,
  }: { readonly uid?: number; readonly gid?: number; readonly mode?: number } = {},
): void => {
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, text);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
};
/** mallory's group is hers alone, as the name service has it. */
const reader = () =>
  createSpecReader({
    files: nodeSpecFiles(),
    hmacKey: new Uint8Array(32),
    trust: {
      roots: () => [root],
      ownUid: 0,
      groups: { isPrivate: async (gid, uid) => gid === mallory && uid === mallory },
    },
  });
const read = async () => {
  const found = await reader().read(project);
  expect(JSON.stringify(found)).not.toContain(canary);
  return found;
};
const says = (message: string) => ({
  kind: 'invalid',
  diagnostics: [{ code: 'E_ENV_FILE', message: expect.stringContaining(message) as string }],
});
const untrusted = (message: string) => ({
  kind: 'untrusted',
  message: expect.stringContaining(message) as string,
});

describe.runIf(process.getuid?.() === 0)('as root, of mallory’s folder', () => {
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'mlenv-door-')));
    chmodSync(root, 0o755);
    project = join(root, 'mallory');
    mkdirSync(project);
    chownSync(project, mallory, mallory);
    const closed = join(root, 'alice');
    mkdirSync(closed);
    chownSync(closed, alice, alice);
    chmodSync(closed, 0o700);
    treasure = join(closed, 'treasure');
    given(treasure, `T=${canary}\n`, { uid: alice, mode: 0o600 });
    given(join(project, 'mlenv.yaml'), spec());
    given(join(project, 's.env'), 'T=mine\n');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('what is hers is read, also by a link within the folder and with her own group', async () => {
    expect(await read()).toMatchObject({
      wish: { environments: [{ wish: { env: { T: 'mine' } } }] },
    });
    chmodSync(join(project, 's.env'), 0o664);
    chmodSync(join(project, 'mlenv.yaml'), 0o664);
    chmodSync(project, 0o2775);
    mkdirSync(join(project, 'envs'));
    chownSync(join(project, 'envs'), mallory, mallory);
    given(join(project, 'envs', 'dev'), 'T=linked\n');
    rmSync(join(project, 's.env'));
    symlinkSync('envs/dev', join(project, 's.env'));
    expect(await read()).toMatchObject({
      wish: { environments: [{ wish: { env: { T: 'linked' } } }] },
    });
  });

  it.each(['s.env', '.env'])('%s is not had from another', async (name) => {
    const file = join(project, name);
    if (name === '.env') given(join(project, 'mlenv.yaml'), spec('command: ["${T:-}"]'));
    const put = (make: () => void): void => {
      rmSync(file, { force: true });
      make();
    };
    put(() => linkSync(treasure, file));
    expect(await read()).toMatchObject(says(`belongs to uid ${alice}, and the folder to uid`));
    put(() => symlinkSync(treasure, file));
    expect(await read()).toMatchObject(says("leaves the project's folder by a symbolic link"));
    put(() => symlinkSync('../alice/none', file));
    expect(await read()).toMatchObject(says("leaves the project's folder by a symbolic link"));
    put(() => given(file, `T=${canary}\n`, { uid: 0, mode: 0o600 }));
    expect(await read()).toMatchObject(says('belongs to root and is not for uid'));
    put(() => execFileSync('mkfifo', [file]));
    expect(await read()).toMatchObject(says('is not an ordinary file'));
    put(() => given(file, 'T=theirs\n', { gid: 100, mode: 0o664 }));
    expect(await read()).toMatchObject(says('may be written to by the group 100'));
  });

  it('a fault of an environment file stands at its line of the spec', async () => {
    given(join(project, 's.env'), 'T=1\n', { uid: alice });
    expect(await read()).toMatchObject({
      diagnostics: [
        { file: 'mlenv.yaml', line: 5, column: 14, length: 5, excerpt: '    envFile: s.env' },
      ],
    });
  });

  it.each(['mlenv.yaml', 'mlenv.lock'])(
    '%s that others may write is nobody’s word',
    async (name) => {
      const file = join(project, name);
      const text = name === 'mlenv.yaml' ? spec() : 'version: 1\nenvironments: {}\n';
      given(file, text, { gid: 100, mode: 0o664 });
      expect(await read()).toMatchObject(untrusted(`the group 100, which is not uid ${mallory}'s`));
      given(file, text, { mode: 0o666 });
      expect(await read()).toMatchObject(untrusted('by everybody'));
      given(file, text, { uid: 0, mode: 0o600 });
      expect(await read()).toMatchObject(untrusted('belongs to root and is not for uid'));
      // The sticky bit of a file keeps nobody out.
      given(file, text, { uid: 0, mode: 0o1666 });
      expect(await read()).toMatchObject(untrusted('by everybody'));
    },
  );

  it('a folder that a group may write to counts where the group is hers alone', async () => {
    chmodSync(project, 0o775);
    expect(await read()).toMatchObject({ kind: 'valid' });
    chownSync(project, mallory, 100);
    expect(await read()).toMatchObject(untrusted(`chmod g-w ${project}`));
    chmodSync(project, 0o755);
    expect(await read()).toMatchObject({ kind: 'valid' });
  });

  it('an access control list is seen through the bits of a private group', async (context) => {
    const file = join(project, 'mlenv.yaml');
    // user::rw-, user:ALICE:rw-, group::r--, mask::rw-, other::r--
    const list = `import os, struct
entries = [(1, 6, 2**32 - 1), (2, 6, ${alice}), (4, 4, 2**32 - 1), (16, 6, 2**32 - 1), (32, 4, 2**32 - 1)]
value = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *each) for each in entries)
os.setxattr(${JSON.stringify(file)}, 'system.posix_acl_access', value)`;
    const made = spawnSync('python3', ['-c', list], { encoding: 'utf8' });
    if (made.status !== 0) context.skip('no python3 to make a list with, or no lists here');
    expect(await read()).toMatchObject(untrusted(`setfacl -b ${file}`));
    given(file, spec(), { mode: 0o664 });
    expect(await read()).toMatchObject({ kind: 'valid' });
  });

  it('no swap in a loop wins', async () => {
    const loop = `while :; do ln -sfn ${treasure} n && mv -T n s.env; echo T=mine >n && mv -T n s.env; ln ${project}/mlenv.yaml n && mv -T n s.env; done`;
    const racer = spawn('sh', ['-c', loop], {
      cwd: project,
      uid: mallory,
      gid: mallory,
      stdio: 'ignore',
    });
    let had = 0;
    try {
      for (let tries = 0; tries < 600; tries += 1) {
        if ((await read()).kind === 'valid') had += 1;
      }
    } finally {
      racer.kill('SIGKILL');
      await once(racer, 'exit');
    }
    // Else it was never there to be had.
    expect(had).toBeGreaterThan(0);
  });

  it('where a file system denies root, that is told, and what to do', () => {
    expect(unreadable('EACCES', 0)).toMatchObject({
      denied: true,
      message: expect.stringContaining('no_root_squash') as string,
    });
    expect(unreadable('EACCES', 1000)).toMatchObject({ denied: true, message: 'EACCES' });
    expect(unreadable('EIO', 0)).toMatchObject({ denied: false, message: 'EIO' });
  });
});
