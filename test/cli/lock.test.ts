import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeWorld, type FakeWorld } from '../support/api-fake.ts';
import { fakeCli, run, type FakeCli } from '../support/cli-fake.ts';
import { lockedImage } from '../support/image-builders.ts';

let folder: string;
let world: FakeWorld;
let cli: FakeCli;

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const lock = (): Promise<string> => readFile(join(folder, 'mlenv.lock'), 'utf8');
const spec = (environments: string): Promise<void> =>
  write('mlenv.yaml', `apiVersion: mlenv/v1\nenvironments:\n${environments}`);

const train = lockedImage();
const db = lockedImage({
  environment: 'db',
  image: 'postgres:16',
  reference: 'postgres:16',
  digest: digest('b'),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlenv-lock-'));
  world = fakeWorld();
  cli = fakeCli(world, { cwd: folder });
  world.locked = { items: [train, db] };
  await spec(
    '  train: { image: pytorch@24.05 }\n  db: { image: "postgres:16" }\n  own: { image: mine, pull: never }\n',
  );
});

afterEach(() => rm(folder, { recursive: true }));

const asked = (): unknown =>
  world.asked.filter(({ method }) => method === 'lockImages').map(({ args }) => args[0]);

it('writes what the digests are, whole, and the spec with it is valid', async () => {
  const { code, out } = await run(cli, 'lock');
  expect({ code, out }).toMatchObject({ code: 0 });
  expect(out).toContain('sha256:bbbbbbbbbbbb');
  expect(asked()).toEqual([
    {
      path: folder,
      images: [
        {
          environment: 'train',
          asked: 'pytorch@24.05',
          choice: { framework: 'pytorch', version: '24.05', cuda: null, python: null, org: null },
          fresh: false,
        },
        { environment: 'db', asked: 'postgres:16', choice: null, fresh: false },
      ],
    },
  ]);
  expect(await lock()).toMatch(/environments:\n {2}db:\n {4}image: postgres:16\n/);
  expect((await readdir(folder)).sort()).toEqual(['mlenv.lock', 'mlenv.yaml']);
  expect(cli.connections).toMatchObject([{ write: false }]);
  expect(await run(cli, 'validate')).toMatchObject({ code: 0 });
  expect(await run(cli, 'lock', '--check')).toMatchObject({
    code: 0,
    out: 'mlenv.lock: 2 locked, as mlenv.yaml asks\n',
  });
});

it('keeps what is as the spec asks, and asks for the rest alone', async () => {
  await run(cli, 'lock');
  await spec('  train: { image: pytorch@24.06 }\n  db: { image: "postgres:16" }\n');
  world.locked = { items: [{ ...train, image: 'pytorch@24.06', digest: digest('c') }] };
  const { out } = await run(cli, 'lock');
  expect(out).toMatch(/train .* sha256:cccccccccccc +changed/);
  expect(out).toMatch(/db .* sha256:bbbbbbbbbbbb +as before/);
  expect(asked()).toMatchObject([{}, { images: [{ environment: 'train' }] }]);
  await run(cli, 'lock');
  expect(asked()).toHaveLength(2);
});

it('looks for newer ones of all, or of those that are named', async () => {
  await run(cli, 'lock');
  await run(cli, 'lock', '--update', 'db');
  await run(cli, 'lock', '--update');
  expect(asked()).toMatchObject([
    {},
    { images: [{ environment: 'db', fresh: true }] },
    {
      images: [
        { environment: 'train', fresh: true },
        { environment: 'db', fresh: true },
      ],
    },
  ]);
  const wrong = await run(cli, 'lock', '--update', 'dv');
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.err).toContain('mlenv.yaml has no environment dv');
});

it('writes nothing where a digest cannot be had', async () => {
  world.locked = {
    items: [train, { ...db, reference: '', digest: '', trouble: 'nobody answers' }],
  };
  const { code, err } = await run(cli, 'lock');
  expect(code).toBe(3);
  expect(err).toContain('db: postgres:16: nobody answers');
  expect(err).toContain('1 of 2 images have no digest');
  expect(await readdir(folder)).toEqual(['mlenv.yaml']);
});

it('replaces a lock that cannot be read', async () => {
  await write('mlenv.lock', '<<<<<<< mine\n');
  expect(await run(cli, 'validate')).toMatchObject({ code: 5 });
  expect(await run(cli, 'validate', 'mlenv.yaml')).toMatchObject({ code: 5 });
  expect(await run(cli, 'lock')).toMatchObject({ code: 0 });
  expect(await run(cli, 'validate')).toMatchObject({ code: 0 });
});

it('--check exits 5 without a lock, with another image, and with an entry that is left over', async () => {
  const missing = await run(cli, 'lock', '--check');
  expect(missing).toMatchObject({ code: 5 });
  expect(missing.err).toContain('there is no mlenv.lock');
  await run(cli, 'lock');
  await spec('  train: { image: pytorch@24.06 }\n  db: { image: "postgres:16" }\n');
  const other = await run(cli, 'lock', '--check');
  expect(other).toMatchObject({ code: 5 });
  expect(other.err).toContain('mlenv.yaml:3:19 error E_LOCK');
  await spec('  train: { image: pytorch@24.05 }\n');
  const left = await run(cli, 'lock', '--check');
  expect(left).toMatchObject({ code: 5 });
  expect(left.err).toContain('no environment for: db');
  // A validation looks at the spec alone.
  expect(await run(cli, 'validate')).toMatchObject({ code: 0 });
});
