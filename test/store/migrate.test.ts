import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { migrate, readMigrations } from '../../controller/store/migrate.ts';
import { openStore } from '../../controller/store/open.ts';
import type { StoreOptions } from '../../controller/store/open.ts';
import { migrationsFolder } from '../../schema/files.ts';
import { fillDocumentTables, fillRecordTables } from './fill.ts';
import { environment, noon, openOk, optionsIn, project, temporaryFolder } from './support.ts';

const newest = readMigrations(migrationsFolder()).length;
const next = String(newest + 1).padStart(4, '0');

/** A record with data, and an MLEnv that brings one migration more. */
const upgradeTo = (sql: string): StoreOptions => {
  const folder = temporaryFolder();
  const options = optionsIn(folder);
  const store = openOk(options);
  store.projects.insert(project());
  store.environments.insert(environment());
  store.close();
  const later = join(folder, 'migrations');
  cpSync(migrationsFolder(), later, { recursive: true });
  writeFileSync(join(later, `${next}-later.sql`), sql);
  return { ...options, migrationsFolder: later };
};

const query = (file: string, sql: string): unknown[] => {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).all();
  } finally {
    db.close();
  }
};

test('a migration keeps the data and copies the database before', () => {
  const options = upgradeTo('ALTER TABLE volumes ADD COLUMN note TEXT;');
  const opened = openStore(options);
  const backup = join(dirname(options.file), 'backups', `mlenv-v${newest}-20260301T120000Z.db`);
  expect(opened).toMatchObject({ kind: 'open', created: false, backup });
  if (opened.kind === 'open') {
    expect(opened.store.projects.list()).toEqual([project()]);
    opened.store.close();
  }
  expect(query(options.file, 'PRAGMA user_version')).toEqual([{ user_version: newest + 1 }]);
  expect(query(backup, 'PRAGMA user_version')).toEqual([{ user_version: newest }]);
  expect(query(backup, 'SELECT id FROM projects')).toEqual([{ id: 'p1' }]);
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(backup)).mode & 0o777).toBe(0o700);
});

test.each([
  ['fails half-way', 'CREATE TABLE extra (a); INSERT INTO nowhere VALUES (1);', /nowhere/],
  ['breaks a foreign key', 'CREATE TABLE extra (a); DELETE FROM projects;', /foreign keys/],
])('a migration that %s leaves the version before, whole', (_, sql, why) => {
  const options = upgradeTo(sql);
  expect(() => openStore(options)).toThrow(why);
  expect(query(options.file, 'PRAGMA user_version')).toEqual([{ user_version: newest }]);
  expect(query(options.file, 'SELECT id FROM projects')).toEqual([{ id: 'p1' }]);
  expect(query(options.file, `SELECT 1 FROM sqlite_schema WHERE name = 'extra'`)).toEqual([]);
  const before = openStore({ ...options, migrationsFolder: migrationsFolder() });
  expect(before.kind).toBe('open');
  if (before.kind === 'open') before.store.close();
});

test('backups of the same second stand side by side, where they are wanted', () => {
  const options = upgradeTo('INSERT INTO nowhere VALUES (1);');
  const backupFolder = join(temporaryFolder(), 'elsewhere');
  for (let attempt = 0; attempt < 2; attempt += 1)
    expect(() => openStore({ ...options, backupFolder })).toThrow(/nowhere/);
  const base = `mlenv-v${newest}-20260301T120000Z`;
  expect(readdirSync(backupFolder).toSorted((a, b) => a.length - b.length)).toEqual([
    `${base}.db`,
    `${base}-2.db`,
  ]);
});

/** A record as the MLEnv with only so many migrations left it. */
const recordOf = (version: number, fill = ''): ReturnType<typeof optionsIn> => {
  const options = optionsIn(temporaryFolder());
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 });
  const db = new Database(options.file);
  const migrations = readMigrations(migrationsFolder()).slice(0, version);
  migrate(db, { migrations, backupFolder: dirname(options.file), now: noon });
  db.exec(fill);
  db.close();
  return options;
};

test('a record of version 18 reads as the document does, and nothing in it is lost', () => {
  const old = recordOf(18);
  const db = new Database(old.file);
  db.exec(`
    INSERT INTO projects (id, name, path, device, inode, owner_uid, owner_gid, first_seen_at_ms, revision)
      VALUES ('p1', 'vision', '/v', '1', '1', 1000, 1000, 0, '');
    INSERT INTO gpus VALUES ('GPU-z', 0, 'H100', NULL, 1), ('GPU-a', 1, 'H100', NULL, 1),
      ('GPU-m', 2, 'H100', NULL, 1), ('GPU-gone', NULL, 'H100', NULL, 1);
    INSERT INTO gpu_allocations (gpu_id, container_name, uuid, mig_uuid, project_id, environment, is_current) VALUES
      (0, 'train', 'GPU-z', NULL, 'p1', 'train', 1), (1, 'train', 'GPU-a', NULL, 'p1', 'train', 1),
      (2, 'slice', 'GPU-m', 'MIG-1', 'p1', 'slice', 1), (-1009, 'lost', 'GPU-gone', NULL, 'p1', 'lost', 0);
    INSERT INTO container_instances (container_id, container_name, image_name, project_path, status, gpu_devices, project_id, environment, cpu_limit) VALUES
      ('c1', 'train', 'i', '/v', 'running', '["GPU-a","GPU-z"]', 'p1', 'train', 2),
      ('c2', 'slice', 'i', '/v', 'running', '["MIG-1"]', 'p1', 'slice', 1),
      ('c3', 'lost', 'i', '/v', 'stopped', '["GPU-gone"]', 'p1', 'lost', 1),
      ('c4', 'cpu', 'i', '/v', 'running', '[]', 'p1', 'cpu', 1),
      ('c5', 'old', 'i', '/v', 'deleted', '["GPU-m"]', 'p1', 'train', 1);
    INSERT INTO container_instances (container_id, container_name, image_name, project_path, gpu_devices)
      VALUES ('h', 'hand', 'i', '/v', '["0","1"]');
    INSERT INTO project_quotas (project_path) VALUES ('/v');
    INSERT INTO ngc_images (id, name, organization, team, origin) VALUES
      (1, 'pytorch', 'nvidia', '', 'sync'), (2, 'clara', 'nvidia', 'clara', 'import'), (9, 'gone', 'nvidia', '', 'sync');
    DELETE FROM ngc_images WHERE id = 9;
    INSERT INTO image_versions (image_id, tag, digest) VALUES (1, '24.05-py3', 'sha256:aa'), (2, '1', 'sha256:bb');
    INSERT INTO api_cache (endpoint, response, etag, expires_at) VALUES
      ('https://api.ngc.nvidia.com/api/v2/images?page=1', '{}', '"a"', '2026-03-01 13:00:00'),
      ('https://nvcr.io/v2/nvidia/pytorch/tags/list as 0123456789abcdef', '[]', '"b"', '2026-03-01 13:00:00'),
      ('/by/hand', '1', NULL, NULL);
  `);
  const quota = () => query(old.file, `SELECT * FROM project_quotas WHERE project_path = '/v'`);
  const history = () => query(old.file, 'SELECT * FROM gpu_lease_history ORDER BY id');
  const before = { quota: quota(), history: history() };
  db.close();
  openOk(old).close();
  const raw = (sql: string) => {
    const opened = new Database(old.file, { readonly: true });
    try {
      return opened.prepare(sql).raw().all();
    } finally {
      opened.close();
    }
  };
  expect(
    raw(
      'SELECT container_id, gpu_devices, gpu_uuids, mig_uuids FROM container_instances ORDER BY 1',
    ),
  ).toEqual([
    ['c1', '["0","1"]', '["GPU-a","GPU-z"]', null],
    ['c2', '["2"]', '["GPU-m"]', '["MIG-1"]'],
    ['c3', '["GPU-gone"]', '["GPU-gone"]', null],
    ['c4', '[]', '[]', null],
    ['c5', '["2"]', '["GPU-m"]', null],
    ['h', '["0","1"]', null, null],
  ]);
  expect(
    raw('SELECT id, gpu_id, uuid, mig_uuid, is_current FROM gpu_allocations ORDER BY id'),
  ).toEqual([
    [1, 0, 'GPU-z', null, 1],
    [2, 1, 'GPU-a', null, 1],
    [3, 2, 'GPU-m', 'MIG-1', 1],
    [4, -1009, 'GPU-gone', null, 0],
  ]);
  expect({ quota: quota(), history: history() }).toEqual(before);
  expect(
    raw(`SELECT i.id, i.team, i.name, i.origin, v.tag, v.digest FROM ngc_images i
      JOIN image_versions v ON v.image_id = i.id ORDER BY i.id`),
  ).toEqual([
    [1, null, 'pytorch', 'sync', '24.05-py3', 'sha256:aa'],
    [2, 'clara', 'clara', 'import', '1', 'sha256:bb'],
  ]);
  expect(raw('SELECT endpoint, origin, response, etag FROM api_cache ORDER BY 1')).toEqual([
    ['/api/v2/images?page=1', 'https://api.ngc.nvidia.com', '{}', '"a"'],
    ['/by/hand', null, '1', null],
    ['/v2/nvidia/pytorch/tags/list as 0123456789abcdef', 'https://nvcr.io', '[]', '"b"'],
  ]);
  const store = new Database(old.file);
  const insert = `INSERT INTO ngc_images (organization, name) VALUES ('nvidia', ?)`;
  // No number is used again, and a repository without a team is there once.
  expect(store.prepare(insert).run('new').lastInsertRowid).toBe(10);
  expect(() => store.prepare(insert).run('pytorch')).toThrow(/UNIQUE/);
  expect(store.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  store.close();
});

test('a record that was left between two migrations goes on', () => {
  const opened = openOk(recordOf(1));
  opened.meta.set('a', 'b');
  expect(opened.meta.get('a')).toBe('b');
  opened.close();
});

test('what was granted before grants had a generation is granted as its container is', () => {
  const old = recordOf(
    2,
    `INSERT INTO projects VALUES ('p1', 'vision', '/v', '1', '2', 1000, 1000, NULL, NULL, NULL, NULL, 1, NULL, '');
     INSERT INTO container_instances (container_id, container_name, image_name, project_path, status, cpu_limit, memory_limit_gb)
       VALUES ('c1', 'n', 'i', '/v', 'running', 2.5, 4);
     INSERT INTO environments VALUES ('p1', 'a', 'u1', '{}', 'd', 7, 7, 'running.healthy', 'Running', '', 'c1', 0, '',
       NULL, NULL, NULL, NULL, 1000, NULL, NULL, '[]', 0, 1);
     INSERT INTO environments VALUES ('p1', 'b', 'u2', '{}', 'd', 3, 3, 'stopped', 'Stopped', '', NULL, 0, '',
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', 0, 1);
     INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (2, 'by-hand');`,
  );
  const store = openOk(old);
  expect(store.environments.get('p1/a')).toMatchObject({
    grantedGeneration: 7,
    grantedCpus: 2.5,
    grantedMemoryBytes: 4 * 2 ** 30,
  });
  expect(store.environments.get('p1/b')).toMatchObject({ grantedGeneration: null });
  expect(store.gpus.leases()).toMatchObject([{ index: 2, containerName: 'by-hand', key: null }]);
  store.close();
});

test('a filled record of version 2 keeps its rows and counts its quotas as before', () => {
  const old = recordOf(2);
  const db = new Database(old.file);
  fillDocumentTables(db, '2026-03-01 12:00:00', `''`);
  fillRecordTables(db, noon);
  db.exec(`UPDATE environments SET granted_at_ms = 1 WHERE environment = 'notebook';
    UPDATE container_instances SET project_id = 'k3v9', environment = 'notebook' WHERE container_id = 'abc123';
    UPDATE container_instances SET status = 'deleted' WHERE container_id = 'def456';
    UPDATE environments SET granted_at_ms = 1, container_id = 'def456' WHERE environment = 'train';
    INSERT INTO gpu_allocations (gpu_id, container_name) VALUES (2, 'another-hand')`);
  const quotas = db.prepare('SELECT * FROM project_quotas').all() as { current_containers: 1 }[];
  db.close();
  const store = openOk(old);
  expect(store.quotas.wrong()).toEqual([]);
  // What was granted and has no container counts from now on, a container that is gone no longer limits it.
  expect(quotas.map((row) => row.current_containers)).toEqual([1, 1]);
  expect(store.quotas.get('/home/user/project')).toMatchObject({
    currentContainers: 2,
    currentCpuCores: 8,
    currentMemoryGb: 32,
    currentGpus: 2,
  });
  expect(store.environments.get('k3v9/train')).toMatchObject({
    grantedGeneration: 2,
    grantedCpus: null,
    grantedMemoryBytes: null,
  });
  // One card that hands gave to two is shared; the look at the cards names all three.
  store.gpus.observe(
    [1, 2].map((index) => ({ uuid: `GPU-${index}`, index, model: 'L40S', memoryBytes: null })),
    [],
    noon,
  );
  expect(store.gpus.leases()).toMatchObject([
    { gpuUuid: 'GPU-1', index: 1, sharing: 'exclusive' },
    { gpuUuid: 'GPU-2', index: 2, sharing: 'shared' },
    { gpuUuid: 'GPU-2', index: 2, sharing: 'shared' },
  ]);
  store.close();
});

test('migrations are numbered without a gap', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '0001-one.sql'), '');
  writeFileSync(join(folder, 'notes.txt'), '');
  expect(readMigrations(folder).map(({ version }) => version)).toEqual([1]);
  writeFileSync(join(folder, '0003-three.sql'), '');
  expect(() => readMigrations(folder)).toThrow('expected migration 2, found 0003-three.sql');
  writeFileSync(join(folder, '0001-two.sql'), '');
  expect(() => readMigrations(folder)).toThrow('expected migration 2');
  expect(noon).toBe(Date.parse('2026-03-01T12:00:00Z'));
});

test('hours and leases of before reports keep what was held, and count it once', () => {
  const files = readdirSync(migrationsFolder()).toSorted((a, b) => a.localeCompare(b));
  const hour = 3_600_000;
  const old = recordOf(
    files.findIndex((name) => name.endsWith('-usage-report.sql')),
    `INSERT INTO projects (id, name, path, device, inode, owner_uid, owner_gid, first_seen_at_ms, revision)
     VALUES ('p1', 'vision', '/v', '1', '1', 1000, 1000, 0, '');
     INSERT INTO gpu_allocations (gpu_id, container_name, uuid, project_id, environment, allocated_at)
     VALUES (0, 'n', 'GPU-a', 'p1', 'train', '2026-03-01 09:00:00'),
       (1, 'hand', 'GPU-b', NULL, NULL, '2026-03-01 09:00:00');
     INSERT INTO meta VALUES ('usage-rolled-to', '${noon - hour}');
     INSERT INTO usage_hours VALUES
       ('p1', 'train', ${noon - 2 * hour}, '/v', 1000, 120, 3600, 1, 1, 1.0, 0.25, 0, 0, 0, 0),
       ('gone', 'x', ${noon - 2 * hour}, '/x', 1001, 120, 3600, 1, 1, 2.0, NULL, 0, 0, 0, 0)`,
  );
  const store = openOk(old);
  const span = { from: noon - 10 * hour, to: noon };
  const of = (projectId: string, environment: string) => ({ projectId, environment });
  expect(store.usage.spenders(span)).toEqual([of('gone', 'x'), of('p1', 'train')]);
  expect(store.usage.spentByHours(of('gone', 'x'), span)).toMatchObject({
    projectName: null,
    gpuHoursUnleased: 2,
    gpuHoursMeasured: 0,
    gpuHoursUsed: 0,
  });
  expect(store.usage.spentByHours(of('p1', 'train'), span)).toMatchObject({
    projectName: 'vision',
    gpuHoursUnleased: 1,
    gpuHoursMeasured: 1,
    gpuHoursUsed: 0.25,
  });
  expect(store.usage.leased(span)).toMatchObject([
    { projectId: 'p1', environment: 'train', userId: 1000, projectName: 'vision', gpuHours: 1 },
  ]);
  store.close();
});
