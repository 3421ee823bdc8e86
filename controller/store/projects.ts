import type { ProjectRecord } from '../model/record.ts';
import type { ProjectTable } from '../model/store.ts';
import type { Connection, Transaction } from './connection.ts';
import { sameRow } from './connection.ts';

export const projectTable = (db: Connection, transaction: Transaction): ProjectTable => {
  const list = db.prepare<[], ProjectRow>('SELECT * FROM projects ORDER BY path');
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  const get = db.prepare<[string], ProjectRow>('SELECT * FROM projects WHERE id = ?');
  const byPath = db.prepare<[string], ProjectRow>('SELECT * FROM projects WHERE path = ?');
  const insert = db.prepare<[ProjectRow]>(
    `INSERT INTO projects VALUES (@id, @name, @path, @device, @inode, @owner_uid, @owner_gid,
       @seen_uid, @seen_gid, @subnet, @spec_error, @first_seen_at_ms, @vanished_at_ms, @revision,
       @source, @tree, @branch, @commit_author, @commit_subject, @commit_at_ms, @drift_policy)`,
  );
  const update = db.prepare<[ProjectRow]>(
    `UPDATE projects SET name = @name, path = @path, device = @device, inode = @inode,
       owner_uid = @owner_uid, owner_gid = @owner_gid, seen_uid = @seen_uid, seen_gid = @seen_gid,
       subnet = @subnet, spec_error = @spec_error, first_seen_at_ms = @first_seen_at_ms,
       vanished_at_ms = @vanished_at_ms, revision = @revision, source = @source, tree = @tree,
       branch = @branch, commit_author = @commit_author, commit_subject = @commit_subject,
       commit_at_ms = @commit_at_ms, drift_policy = @drift_policy
     WHERE id = @id`,
  );
  const remove = db.prepare<[string]>('DELETE FROM projects WHERE id = ?');
  const removeIntents = db.prepare<[string]>('DELETE FROM intents WHERE project_id = ?');
  const insertQuota = db.prepare<[string]>(
    'INSERT INTO project_quotas (project_path) VALUES (?) ON CONFLICT (project_path) DO NOTHING',
  );
  const insertUser = db.prepare<[number]>(
    'INSERT INTO users (id) VALUES (?) ON CONFLICT DO NOTHING',
  );
  const hasQuota = db.prepare<[string]>('SELECT 1 FROM project_quotas WHERE project_path = ?');
  const dropQuota = db.prepare<[string]>('DELETE FROM project_quotas WHERE project_path = ?');
  const moveQuota = db.prepare<[string, string]>(
    'UPDATE project_quotas SET project_path = ? WHERE project_path = ?',
  );
  const moveContainers = db.prepare<[string, string]>(
    `UPDATE container_instances SET project_path = ? WHERE project_id = ? AND status <> 'deleted'`,
  );

  /** The project keeps its limits: moving a folder is no way to other ones. */
  const move = (project: ProjectRow, from: string): void => {
    if (hasQuota.get(from) !== undefined) {
      dropQuota.run(project.path);
      moveQuota.run(project.path, from);
    }
    insertQuota.run(project.path);
    moveContainers.run(project.path, project.id);
  };

  const find = (row: ProjectRow | undefined): ProjectRecord | null =>
    row === undefined ? null : fromRow(row);

  /** Of many projects, which every admission asks for; other connections' writes show in the version. */
  let listed: { readonly version: number; readonly projects: readonly ProjectRecord[] } | null =
    null;
  const write = <T>(run: () => T): T => {
    listed = null;
    return transaction(run);
  };

  return {
    list: () => {
      // What a transaction has written may be taken back.
      if (db.inTransaction) return list.all().map(fromRow);
      const version = dataVersion.get() ?? 0;
      if (listed?.version !== version) listed = { version, projects: list.all().map(fromRow) };
      return listed.projects;
    },
    get: (id) => find(get.get(id)),
    byPath: (path) => find(byPath.get(path)),
    insert: (project) =>
      write(() => {
        insert.run(toRow(project));
        insertUser.run(project.owner.uid);
        // Where the row is there already, limits that were set by hand stay.
        if (hasQuota.get(project.path) === undefined) insertQuota.run(project.path);
      }),
    update: (id, patch) =>
      write(() => {
        const before = get.get(id);
        if (before === undefined) return;
        const after = toRow({ ...fromRow(before), ...patch, id });
        if (sameRow(before, after)) return;
        update.run(after);
        if (after.path !== before.path) move(after, before.path);
      }),
    remove: (id) =>
      write(() => {
        removeIntents.run(id);
        remove.run(id);
      }),
  };
};

interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  readonly owner_uid: number;
  readonly owner_gid: number;
  readonly seen_uid: number | null;
  readonly seen_gid: number | null;
  readonly subnet: string | null;
  readonly spec_error: string | null;
  readonly first_seen_at_ms: number;
  readonly vanished_at_ms: number | null;
  readonly revision: string;
  readonly source: string | null;
  readonly tree: string | null;
  readonly branch: string | null;
  readonly commit_author: string | null;
  readonly commit_subject: string | null;
  readonly commit_at_ms: number | null;
  readonly drift_policy: ProjectRecord['driftPolicy'];
}

const toRow = (project: ProjectRecord): ProjectRow => ({
  id: project.id,
  name: project.name,
  path: project.path,
  device: project.device,
  inode: project.inode,
  owner_uid: project.owner.uid,
  owner_gid: project.owner.gid,
  seen_uid: project.ownerSeen?.uid ?? null,
  seen_gid: project.ownerSeen?.gid ?? null,
  subnet: project.subnet,
  spec_error: project.specError,
  first_seen_at_ms: project.firstSeenAt,
  vanished_at_ms: project.vanishedAt,
  revision: project.revision,
  source: project.source,
  tree: project.tree,
  branch: project.commit?.branch ?? null,
  commit_author: project.commit?.author ?? null,
  commit_subject: project.commit?.subject ?? null,
  commit_at_ms: project.commit?.at ?? null,
  drift_policy: project.driftPolicy,
});

const fromRow = (row: ProjectRow): ProjectRecord => ({
  id: row.id,
  name: row.name,
  path: row.path,
  device: row.device,
  inode: row.inode,
  owner: { uid: row.owner_uid, gid: row.owner_gid },
  ownerSeen:
    row.seen_uid === null || row.seen_gid === null
      ? null
      : { uid: row.seen_uid, gid: row.seen_gid },
  subnet: row.subnet,
  specError: row.spec_error,
  firstSeenAt: row.first_seen_at_ms,
  vanishedAt: row.vanished_at_ms,
  revision: row.revision,
  source: row.source,
  tree: row.tree,
  driftPolicy: row.drift_policy,
  commit:
    row.commit_at_ms === null
      ? null
      : {
          branch: row.branch,
          author: row.commit_author ?? '',
          subject: row.commit_subject ?? '',
          at: row.commit_at_ms,
        },
});
