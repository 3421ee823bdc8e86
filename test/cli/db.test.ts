import { expect, test } from 'vitest';
import { ApiError } from '../../controller/model/api.ts';
import type { RecordCare } from '../../controller/model/record-care.ts';
import { fakeWorld } from '../support/api-fake.ts';
import { fakeCli, run } from '../support/cli-fake.ts';

const care = (over: Partial<RecordCare> = {}): RecordCare => {
  const not = async (): Promise<never> => {
    throw new Error('not asked for here');
  };
  return {
    check: not,
    differences: not,
    backup: not,
    restore: not,
    prune: not,
    vacuum: not,
    rows: not,
    ...over,
  };
};
const cli = (over: Partial<RecordCare>) => fakeCli(fakeWorld(), { record: care(over) });

const found = {
  file: '/s/mlenv.db',
  schemaVersion: 8,
  newestVersion: 8,
  faults: [],
  bytes: 2 ** 20,
  freeBytes: 0,
  walBytes: 0,
  freeDiskBytes: null,
  tables: [{ table: 'events', rows: 3, oldest: '2026-01-01T00:00:00.000Z' }],
  backups: [],
};

test('check exits 1 on a fault', async () => {
  const good = await run(cli({ check: async () => found }), 'db', 'check');
  expect(good.code).toBe(0);
  expect(good.out).toContain('events   3      2026-01-01T00:00:00.000Z');
  const bad = { ...found, faults: ['row 7 missing from index'] };
  const faulty = await run(cli({ check: async () => bad }), 'db', 'check', '-o', 'json');
  expect(faulty.code).toBe(1);
  expect(JSON.parse(faulty.out)).toEqual({ apiVersion: 'mlenv/v1', ...bad });
});

test('sync --check exits 1 on a difference, and asks for --check', async () => {
  const same = await run(cli({ differences: async () => [] }), 'db', 'sync', '--check');
  expect([same.code, same.out]).toEqual([0, 'The record is what the engine has.\n']);
  const items = [{ what: 'vision/web', difference: 'its container x is gone' }];
  const differs = await run(cli({ differences: async () => items }), 'db', 'sync', '--check');
  expect(differs.code).toBe(1);
  expect(differs.out).toContain('vision/web');
  expect((await run(cli({}), 'db', 'sync')).code).toBe(2);
});

test('backup and restore take paths from where they are typed', async () => {
  const asked: unknown[] = [];
  const one = cli({
    backup: async (file) => {
      asked.push(file);
      return file ?? '/s/backups/mlenv-1.db';
    },
    restore: async (file) => {
      asked.push(file);
      return null;
    },
  });
  expect((await run(one, 'db', 'backup')).out).toBe('/s/backups/mlenv-1.db\n');
  await run(one, 'db', 'backup', 'a.db');
  expect((await run(one, 'db', 'restore', 'a.db')).out).toContain('Rebuilt until mlenv up');
  expect(asked).toEqual([null, '/srv/vision/a.db', '/srv/vision/a.db']);
  const refused = cli({
    restore: async () => {
      throw new ApiError('refused', 'it is in use');
    },
  });
  expect(await run(refused, 'db', 'restore', 'a.db')).toMatchObject({
    code: 4,
    err: 'mlenv: it is in use\n',
  });
});

test('prune tells what would go apart from what is gone', async () => {
  const one = cli({
    prune: async ({ dryRun }) => [{ table: 'events', rows: dryRun ? 5 : 4 }],
  });
  expect((await run(one, 'db', 'prune', '--dry-run')).out).toMatch(/WOULD GO\nevents +5\n/);
  expect((await run(one, 'db', 'prune')).out).toMatch(/GONE\nevents +4\n/);
});

test('export quotes as CSV asks, and lets no spreadsheet run anything', async () => {
  const one = cli({
    rows: async () => ({
      columns: ['id', 'text'],
      rows: [
        [1, 'a "b", c'],
        [2, '=cmd()'],
        [3, null],
      ],
    }),
  });
  expect((await run(one, 'db', 'export', 'events')).out).toBe(
    'id,text\r\n1,"a ""b"", c"\r\n2,\'=cmd()\r\n3,\r\n',
  );
  const json = await run(one, 'db', 'export', 'events', '-o', 'json');
  expect(JSON.parse(json.out)).toEqual([
    { id: 1, text: 'a "b", c' },
    { id: 2, text: '=cmd()' },
    { id: 3, text: null },
  ]);
});

test('vacuum tells before and after', async () => {
  const one = cli({
    vacuum: async () => ({ kind: 'whole', bytesBefore: 2 ** 21, bytesAfter: 2 ** 20 }),
  });
  expect((await run(one, 'db', 'vacuum')).out).toBe(
    'The record was written anew: 2MB before, 1MB now.\n',
  );
});
