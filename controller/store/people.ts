import { noLimits, type Limit, type Limits } from '../model/quota.ts';
import type { PeopleTable, UserRow } from '../model/store-people.ts';
import type { Connection, Transaction } from './connection.ts';

export const peopleTable = (db: Connection, transaction: Transaction): PeopleTable => {
  const columns = 'id AS uid, username, email FROM users';
  const all = db.prepare<[], UserRow>(`SELECT ${columns} ORDER BY id`);
  const get = db.prepare<[number], UserRow>(`SELECT ${columns} WHERE id = ?`);
  const byName = db.prepare<[string], UserRow>(`SELECT ${columns} WHERE username = ?`);
  const insert = db.prepare<[number]>('INSERT INTO users (id) VALUES (?) ON CONFLICT DO NOTHING');
  const unname = db.prepare<[string, number]>(
    'UPDATE users SET username = NULL WHERE username = ? AND id <> ?',
  );
  const name = db.prepare<[string, number]>('UPDATE users SET username = ? WHERE id = ?');
  const reach = db.prepare<[string, number]>('UPDATE users SET email = ? WHERE id = ?');
  const limits = 'q.max_containers, q.max_cpu_cores, q.max_memory_gb, q.max_gpus';
  const ofUser = db.prepare<[number], ProfileRow>(
    `SELECT ${limits} FROM users u JOIN quota_profiles q ON q.id = u.quota_profile_id WHERE u.id = ?`,
  );
  const ofGroups = db.prepare<[], ProfileRow & { readonly group_name: string }>(
    `SELECT g.group_name, ${limits} FROM group_quotas g JOIN quota_profiles q ON q.id = g.quota_profile_id
     ORDER BY g.group_name`,
  );
  const saveProfile = db
    .prepare<[ProfileRow & { readonly name: string }], number>(
      `INSERT INTO quota_profiles (name, max_containers, max_cpu_cores, max_memory_gb, max_gpus)
       VALUES (@name, @max_containers, @max_cpu_cores, @max_memory_gb, @max_gpus)
       ON CONFLICT (name) DO UPDATE SET max_containers = excluded.max_containers,
         max_cpu_cores = excluded.max_cpu_cores, max_memory_gb = excluded.max_memory_gb,
         max_gpus = excluded.max_gpus
       RETURNING id`,
    )
    .pluck();
  const dropProfile = db.prepare<[string]>('DELETE FROM quota_profiles WHERE name = ?');
  const giveUser = db.prepare<[number | null, number]>(
    'UPDATE users SET quota_profile_id = ? WHERE id = ?',
  );
  const giveGroup = db.prepare<[string, number]>(
    `INSERT INTO group_quotas VALUES (?, ?)
     ON CONFLICT (group_name) DO UPDATE SET quota_profile_id = excluded.quota_profile_id`,
  );
  const dropGroup = db.prepare<[string]>('DELETE FROM group_quotas WHERE group_name = ?');
  const ownerOf = db
    .prepare<[string], number>('SELECT owner_uid FROM project_owners WHERE project_id = ?')
    .pluck();
  const owners = db.prepare<[], { readonly id: string; readonly uid: number }>(
    'SELECT project_id AS id, owner_uid AS uid FROM project_owners ORDER BY project_id',
  );
  const setOwner = db.prepare<[string, number]>(
    `INSERT INTO project_owners VALUES (?, ?)
     ON CONFLICT (project_id) DO UPDATE SET owner_uid = excluded.owner_uid`,
  );
  const dropOwner = db.prepare<[string]>('DELETE FROM project_owners WHERE project_id = ?');
  // Removed ones stay as they were: they are history.
  const moveContainers = db.prepare<{ readonly id: string; readonly uid: number | null }>(
    `UPDATE container_instances
     SET user_id = coalesce(@uid, (SELECT owner_uid FROM projects WHERE id = @id))
     WHERE project_id = @id AND status <> 'deleted'`,
  );
  const usage = db.prepare<[], UsageRow>(
    `SELECT user_id AS uid, containers, cpu_cores AS cpus, memory_gb AS memoryGb, gpus
     FROM user_usage ORDER BY user_id`,
  );

  /** null: the profile says nothing, and is gone. */
  const profile = (profileName: string, said: Limits): number | null => {
    const row = toRow(said);
    if (Object.values(row).some((value) => value !== null)) {
      return saveProfile.get({ ...row, name: profileName }) ?? null;
    }
    dropProfile.run(profileName);
    return null;
  };

  return {
    all: () => all.all(),
    get: (uid) => get.get(uid) ?? null,
    byName: (username) => byName.get(username) ?? null,
    see: (uid, username, email) => {
      const known = get.get(uid);
      const isNamed = username === null || known?.username === username;
      const isReached = email === null || known?.email === email;
      if (known !== undefined && isNamed && isReached) return;
      transaction(() => {
        insert.run(uid);
        if (email !== null) reach.run(email, uid);
        if (username === null) return;
        unname.run(username, uid);
        name.run(username, uid);
      });
    },
    limitsOf: (uid) => fromRow(ofUser.get(uid)),
    groupLimits: () => new Map(ofGroups.all().map((row) => [row.group_name, fromRow(row)])),
    setUser: (uid, said) =>
      transaction(() => {
        insert.run(uid);
        giveUser.run(profile(`user:${uid}`, said), uid);
      }),
    setGroup: (group, said) =>
      transaction(() => {
        const id = profile(`group:${group}`, said);
        if (id === null) dropGroup.run(group);
        else giveGroup.run(group, id);
      }),
    ownerOf: (projectId) => ownerOf.get(projectId) ?? null,
    owners: () => new Map(owners.all().map(({ id, uid }) => [id, uid] as const)),
    setOwner: (projectId, uid) =>
      transaction(() => {
        if (uid === null) dropOwner.run(projectId);
        else setOwner.run(projectId, uid);
        moveContainers.run({ id: projectId, uid });
      }),
    usage: () =>
      new Map(
        usage
          .all()
          .map(({ uid, memoryGb, ...rest }) => [
            uid,
            { ...rest, memoryBytes: Math.round(memoryGb * bytesPerGb) },
          ]),
      ),
  };
};

const bytesPerGb = 2 ** 30;

interface ProfileRow {
  readonly max_containers: number | null;
  readonly max_cpu_cores: number | null;
  readonly max_memory_gb: number | null;
  readonly max_gpus: number | null;
}

interface UsageRow {
  readonly uid: number;
  readonly containers: number;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly gpus: number;
}

const toRow = ({ containers, cpus, memoryBytes, gpus }: Limits): ProfileRow => ({
  max_containers: column(containers),
  max_cpu_cores: column(cpus),
  max_memory_gb: column(typeof memoryBytes === 'number' ? memoryBytes / bytesPerGb : memoryBytes),
  max_gpus: column(gpus),
});

const fromRow = (row: ProfileRow | undefined): Limits =>
  row === undefined
    ? noLimits
    : {
        containers: limit(row.max_containers),
        cpus: limit(row.max_cpu_cores),
        memoryBytes: limit(row.max_memory_gb, bytesPerGb),
        gpus: limit(row.max_gpus),
      };

const column = (value: Limit): number | null => (value === 'unlimited' ? -1 : value);

const limit = (value: number | null, unit = 1): Limit =>
  value === null ? null : value < 0 ? 'unlimited' : value * unit;
