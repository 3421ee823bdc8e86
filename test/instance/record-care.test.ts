import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { careOf } from '../../controller/instance/record-care.ts';
import { openOk, optionsIn, project, temporaryFolder } from '../store/support.ts';

/** A state folder, and an engine that is silent, so that nobody's lock is asked for. */
const setUp = () => {
  const folder = temporaryFolder();
  const options = optionsIn(folder);
  const stateDir = join(folder, 'state');
  const store = openOk(options);
  store.projects.insert(project());
  const env = { MLENV_STATE_DIR: stateDir, HOME: folder };
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'apiVersion: mlenv/v1\nretention: { events: 1h }\n');
  const care = careOf(env, { host: `unix://${folder}/none.sock`, config });
  return { folder, file: options.file, store, care };
};

/** What the audit log has of the record itself, with who did it. */
const auditIn = (file: string) => {
  const db = new Database(file, { readonly: true });
  const rows = db
    .prepare<
      [],
      { readonly action: string; readonly resource_id: string; readonly details: string }
    >(
      "SELECT action, resource_id, details FROM audit_log WHERE resource_type = 'record' ORDER BY id",
    )
    .all();
  const uids = db.prepare('SELECT DISTINCT user_id FROM audit_log').pluck().all();
  db.close();
  if (rows.length > 0) expect(uids).toEqual([process.getuid?.()]);
  return rows.map(({ action, resource_id: id, details }) => {
    expect(id).toBe(file);
    const { after } = JSON.parse(details) as { readonly after: Record<string, unknown> };
    return [action, after] as const;
  });
};

const event = (at: number) =>
  ({
    at,
    type: 'Normal',
    reason: 'Running',
    message: `at ${at}`,
    projectId: null,
    environment: null,
  }) as const;

test('check counts rows and names what is broken', async () => {
  const { care, file, store } = setUp();
  store.events.add(event(Date.UTC(2026, 0, 1)));
  const found = await care.check();
  expect(found).toMatchObject({ file, faults: [], backups: [] });
  expect(found.schemaVersion).toBe(found.newestVersion);
  expect(found.tables.find(({ table }) => table === 'events')).toEqual({
    table: 'events',
    rows: 1,
    oldest: '2026-01-01T00:00:00.000Z',
  });
  const hand = new Database(file);
  hand.pragma('foreign_keys = OFF');
  hand.exec("INSERT INTO resource_metrics (container_id) VALUES ('nobody')");
  hand.close();
  store.close();
  expect((await care.check()).faults).toEqual([
    'a row of resource_metrics points at no row of container_instances',
  ]);
});

test('a backup is made beside a controller that has the record open, and never over a file', async () => {
  const { care, folder, store } = setUp();
  const given = join(folder, 'mine.db');
  expect(await care.backup(given)).toBe(given);
  await expect(care.backup(given)).rejects.toThrow('is there already');
  const daily = await care.backup(null);
  expect((await care.check()).backups).toEqual([daily]);
  expect(statSync(daily).mode & 0o777).toBe(0o600);
  store.close();
});

test('restore waits for the controller to end, keeps the record before it, and tells the next controller', async () => {
  const { care, folder, file, store } = setUp();
  const backup = await care.backup(join(folder, 'mine.db'));
  store.projects.insert(project({ id: 'p2', path: '/srv/later', inode: '9' }));
  await expect(care.restore(backup)).rejects.toThrow('in use');
  store.close();
  const aside = await care.restore(backup);
  const projectsIn = (path: string) => {
    const db = new Database(path, { readonly: true });
    const rows = db.prepare('SELECT id FROM projects ORDER BY id').pluck().all();
    const restored = db.prepare("SELECT value FROM meta WHERE key = 'restored'").pluck().get();
    db.close();
    return { rows, restored };
  };
  expect(projectsIn(file)).toEqual({ rows: ['p1'], restored: '1' });
  expect(projectsIn(aside ?? '')).toEqual({ rows: ['p1', 'p2'], restored: undefined });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // The backup itself stays as it was.
  expect(projectsIn(backup).restored).toBeUndefined();
  expect(auditIn(file)).toEqual([['db restore', { from: backup, aside }]]);
});

test.each([
  ['a damaged file', 'this was a database once'.repeat(200), 'cannot be used'],
  ['an empty one', '', 'is empty'],
])('%s is refused, and the record stays', async (_, text, says) => {
  const { care, folder, file, store } = setUp();
  store.close();
  const before = readFileSync(file);
  const bad = join(folder, 'bad.db');
  writeFileSync(bad, text);
  await expect(care.restore(bad)).rejects.toThrow(says);
  await expect(care.restore(join(folder, 'none.db'))).rejects.toThrow('is not there');
  expect(readFileSync(file).subarray(100)).toEqual(before.subarray(100));
  expect(existsSync(`${file}.restoring`)).toBe(false);
  expect(auditIn(file)).toEqual([]);
});

test('a half restored one of a newer MLEnv is refused', async () => {
  const { care, folder, store } = setUp();
  const backup = await care.backup(join(folder, 'mine.db'));
  store.close();
  const hand = new Database(backup);
  hand.pragma('user_version = 9999');
  hand.close();
  await expect(care.restore(backup)).rejects.toThrow('newer MLEnv');
});

test('prune takes what the configuration no longer keeps, beside a controller; a dry run only counts', async () => {
  const { care, file, store } = setUp();
  const now = Date.now();
  store.events.add(event(now - 7_200_000));
  store.events.add(event(now));
  const events = async (dryRun: boolean) =>
    (await care.prune({ dryRun })).find(({ table }) => table === 'events');
  expect(await events(true)).toEqual({ table: 'events', rows: 1 });
  expect(store.events.list({ limit: 9 })).toHaveLength(2);
  expect(auditIn(file)).toEqual([]);
  expect(await events(false)).toEqual({ table: 'events', rows: 1 });
  expect(store.events.list({ limit: 9 })).toHaveLength(1);
  expect(auditIn(file)).toMatchObject([['db prune', { events: 1, audit: 0 }]]);
  store.close();
});

test('vacuum gives space back in steps beside a controller, and writes the file anew without one', async () => {
  const { care, file, store } = setUp();
  const hand = new Database(file);
  hand.exec(
    'INSERT INTO system_snapshots (gpu_stats) SELECT json_array(hex(randomblob(1000))) FROM json_each(json_array(' +
      Array.from({ length: 900 }, (_, n) => n).join(',') +
      '))',
  );
  hand.exec('DELETE FROM system_snapshots');
  store.upkeep.checkpoint();
  hand.close();
  const steps = await care.vacuum();
  expect(steps.kind).toBe('steps');
  expect(steps.bytesAfter).toBeLessThan(steps.bytesBefore - 2 ** 20);
  store.close();
  const old = new Database(file);
  old.pragma('journal_mode = DELETE');
  old.pragma('auto_vacuum = NONE');
  old.exec('VACUUM');
  old.close();
  expect((await care.vacuum()).kind).toBe('whole');
  const after = new Database(file, { readonly: true });
  expect(after.pragma('auto_vacuum', { simple: true })).toBe(2);
  after.close();
  expect(auditIn(file)).toMatchObject([
    ['db vacuum', { kind: 'steps', bytesBefore: steps.bytesBefore }],
    ['db vacuum', { kind: 'whole' }],
  ]);
});

test('a record from before space came back in steps has to be written anew once', async () => {
  const { care, file, store } = setUp();
  store.close();
  const hand = new Database(file);
  hand.pragma('auto_vacuum = NONE');
  hand.exec('VACUUM');
  hand.pragma('journal_mode = WAL');
  hand.prepare('SELECT count(*) FROM meta').get();
  await expect(care.vacuum()).rejects.toThrow('stop its controller');
  hand.close();
});

test('one table is read; another name is answered with those that there are', async () => {
  const { care, store } = setUp();
  const { columns, rows } = await care.rows('projects');
  expect(columns.slice(0, 2)).toEqual(['id', 'name']);
  expect([...rows].map((row) => row.slice(0, 2))).toEqual([['p1', 'vision']]);
  await expect(care.rows('passwords; DROP TABLE projects')).rejects.toThrow('projects');
  store.close();
});

test('a record that is not there, or not of this version, is said so', async () => {
  const empty = temporaryFolder();
  mkdirSync(join(empty, 'state'));
  const none = careOf(
    { MLENV_STATE_DIR: join(empty, 'state'), HOME: empty },
    { host: null, config: null },
  );
  await expect(none.check()).rejects.toThrow('is not there');
  const { care, file, store } = setUp();
  store.close();
  const hand = new Database(file);
  hand.pragma('user_version = 1');
  hand.close();
  await expect(care.prune({ dryRun: true })).rejects.toThrow('is of schema 1');
});
