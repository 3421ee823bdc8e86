import type { ImageName } from '../model/catalogue.ts';
import type { DueVersion, SyncCounts, SyncPass, SyncTable } from '../model/store-catalogue.ts';
import { tagOrder } from '../model/tag-order.ts';
import { factColumns, imageColumns } from './catalogue-rows.ts';
import type { Connection, Transaction } from './connection.ts';
import { toDatetime } from './time.ts';

/** Rows bear the number of the pass that found them: what is left to do is asked of them, and outlives a kill. */
export const syncTable = (db: Connection, transaction: Transaction): SyncTable => {
  const all = db.prepare<[], PassRow>('SELECT * FROM catalogue_syncs ORDER BY scope');
  const get = db.prepare<[string], PassRow>('SELECT * FROM catalogue_syncs WHERE scope = ?');
  const begin = db.prepare<[{ scope: string; by: string; at: number }]>(
    `INSERT INTO catalogue_syncs (scope, pass, asked_by, started_at_ms)
     VALUES (@scope, (SELECT coalesce(max(pass), 0) + 1 FROM catalogue_syncs), @by, @at)
     ON CONFLICT (scope) DO UPDATE SET pass = excluded.pass, asked_by = excluded.asked_by,
       started_at_ms = excluded.started_at_ms, searched = 'no', finished_at_ms = NULL, failure = '', unchanged = 0`,
  );
  const fail = db.prepare<[string, string]>(
    'UPDATE catalogue_syncs SET failure = ? WHERE scope = ?',
  );
  const unchanged = db.prepare<[string]>(
    'UPDATE catalogue_syncs SET unchanged = unchanged + 1 WHERE scope = ?',
  );
  const searched = db.prepare<[string, string]>(
    'UPDATE catalogue_syncs SET searched = ? WHERE scope = ?',
  );
  const putImage = db.prepare<[ReturnType<typeof imageColumns> & { at: string; pass: number }]>(
    `INSERT INTO ngc_images (name, display_name, organization, team, category, description, created_at,
       updated_at, last_synced, origin, seen_pass)
     VALUES (@name, @displayName, @organization, @team, @category, @description, @createdAt,
       @updatedAt, @at, 'sync', @pass)
     ON CONFLICT (organization, coalesce(team, ''), name) DO UPDATE SET display_name = excluded.display_name,
       category = excluded.category, description = excluded.description, created_at = excluded.created_at,
       updated_at = excluded.updated_at, last_synced = excluded.last_synced, origin = 'sync',
       seen_pass = excluded.seen_pass`,
  );
  const nextImage = db.prepare<[number, number], ImageName & { readonly id: number }>(
    `SELECT id, organization, coalesce(team, '') AS team, name FROM ngc_images
     WHERE seen_pass = ? AND tags_pass < ? ORDER BY tags_pass, id LIMIT 1`,
  );
  const listed = db.prepare<[number, string | null, number]>(
    'UPDATE ngc_images SET tags_pass = ?, problem = ? WHERE id = ?',
  );
  const putTag = db.prepare<[TagColumns]>(
    `INSERT INTO image_versions (image_id, tag, tag_order, architecture, seen_pass)
     VALUES (@image, @tag, @order, NULL, @pass)
     ON CONFLICT (image_id, tag) DO UPDATE SET tag_order = excluded.tag_order,
       seen_pass = excluded.seen_pass,
       checked_pass = iif(checked_at_ms >= @freshSince AND digest IS NOT NULL AND problem IS NULL,
         excluded.seen_pass, checked_pass)`,
  );
  const nextVersion = db.prepare<[number, number], DueVersion>(
    `SELECT v.id, v.tag, iif(v.problem IS NULL AND v.checked_at_ms IS NOT NULL, v.digest, NULL) AS digest, i.organization, coalesce(i.team, '') AS team, i.name FROM image_versions v
     JOIN ngc_images i ON i.id = v.image_id
     WHERE v.seen_pass = ? AND v.checked_pass < ? ORDER BY v.checked_pass, v.tag_order DESC LIMIT 1`,
  );
  const known = db.prepare<[FactColumns]>(
    `UPDATE image_versions SET digest = @digest, size_bytes = @size, created_at = @createdAt,
       cuda_version = @cuda, cuda_full = @cudaFull, python_version = @python,
       framework_version = @framework, min_driver = @minDriver, architecture = @architecture,
       architectures = @architectures, manifest_json = @manifest, checked_pass = @pass,
       checked_at_ms = @at, problem = NULL
     WHERE id = @id`,
  );
  const same = db.prepare<[number, number, string | null, number]>(
    'UPDATE image_versions SET checked_pass = ?, checked_at_ms = ?, problem = ? WHERE id = ?',
  );
  const counts = db.prepare<[{ readonly pass: number }], SyncCounts>(
    `SELECT (SELECT count(*) FROM ngc_images WHERE seen_pass = @pass) AS images,
       (SELECT count(*) FROM ngc_images WHERE seen_pass = @pass AND tags_pass = @pass) AS listed,
       (SELECT count(*) FROM image_versions WHERE seen_pass = @pass) AS versions,
       (SELECT count(*) FROM image_versions WHERE seen_pass = @pass AND checked_pass = @pass) AS checked`,
  );
  const retireTags = db.prepare<[{ readonly pass: number }]>(
    `DELETE FROM image_versions WHERE seen_pass < @pass AND image_id IN
       (SELECT id FROM ngc_images WHERE seen_pass = @pass AND tags_pass = @pass AND problem IS NULL)`,
  );
  // What a later pass over a part has found is there.
  const gone = `SELECT id FROM ngc_images WHERE organization = @organization AND origin <> 'hand'
     AND seen_pass < @pass AND (@name IS NULL OR name = @name)`;
  const retireVersions = db.prepare<[ScopeColumns]>(
    `DELETE FROM image_versions WHERE image_id IN (${gone})`,
  );
  const retireImages = db.prepare<[ScopeColumns]>(`DELETE FROM ngc_images WHERE id IN (${gone})`);
  const finish = db.prepare<[number, number, number, string]>(
    `UPDATE catalogue_syncs SET finished_at_ms = ?, complete_at_ms = ?, retired = ?, failure = ''
     WHERE scope = ?`,
  );
  const passOf = (scope: string): SyncPass | null => {
    const row = get.get(scope);
    return row === undefined ? null : fromRow(row);
  };
  return {
    all: () => all.all().map(fromRow),
    get: passOf,
    begin: (request) =>
      transaction(() => {
        const before = passOf(request.scope);
        // One that has found nothing yet may have been overtaken: its number would be too old.
        if (before !== null && before.finishedAt === null && before.searched !== 'no') {
          fail.run('', request.scope);
          return { ...before, failure: '' };
        }
        begin.run(request);
        const begun = passOf(request.scope);
        if (begun === null) throw new Error(`the pass over ${request.scope} was not written`);
        return begun;
      }),
    found: (pass, images, at) =>
      transaction(() => {
        for (const image of images) {
          putImage.run({ ...imageColumns(image), at: toDatetime(at), pass });
        }
      }),
    searched: (scope, how) => void searched.run(how, scope),
    nextImage: (pass) => nextImage.get(pass, pass) ?? null,
    tags: (pass, { imageId, tags, freshSince }) =>
      transaction(() => {
        for (const tag of tags) {
          putTag.run({ image: imageId, tag, order: tagOrder(tag), pass, freshSince });
        }
        listed.run(pass, null, imageId);
      }),
    skipImage: (pass, imageId, problem) => void listed.run(pass, problem, imageId),
    nextVersion: (pass) => nextVersion.get(pass, pass) ?? null,
    check: (pass, { versionId: id, at, found }) => {
      switch (found.kind) {
        case 'facts':
          known.run({ ...factColumns(found.facts), manifest: found.manifest, pass, at, id });
          return;
        case 'same':
          same.run(pass, at, null, id);
          return;
        case 'problem':
          same.run(pass, at, found.why, id);
          return;
        default:
          found satisfies never;
      }
    },
    counts: (pass) => counts.get({ pass }) ?? { images: 0, listed: 0, versions: 0, checked: 0 },
    unchanged: (scope) => void unchanged.run(scope),
    fail: (scope, failure) => void fail.run(failure, scope),
    finish: ({ scope, pass, searched: how }, at) =>
      transaction(() => {
        const [organization = '', name = null] = scope.split('/');
        const columns = { organization, name, pass };
        const retired =
          retireTags.run({ pass }).changes +
          (how === 'whole'
            ? retireVersions.run(columns).changes + retireImages.run(columns).changes
            : 0);
        finish.run(at, at, retired, scope);
        return retired;
      }),
  };
};

interface PassRow {
  readonly scope: string;
  readonly pass: number;
  readonly asked_by: string;
  readonly started_at_ms: number;
  readonly searched: SyncPass['searched'];
  readonly finished_at_ms: number | null;
  readonly complete_at_ms: number | null;
  readonly retired: number;
  readonly unchanged: number;
  readonly failure: string;
}

const fromRow = (row: PassRow): SyncPass => ({
  scope: row.scope,
  pass: row.pass,
  by: row.asked_by,
  startedAt: row.started_at_ms,
  searched: row.searched,
  finishedAt: row.finished_at_ms,
  completeAt: row.complete_at_ms,
  retired: row.retired,
  unchanged: row.unchanged,
  failure: row.failure,
});

interface TagColumns {
  readonly image: number;
  readonly tag: string;
  readonly order: string;
  readonly pass: number;
  readonly freshSince: number;
}

interface FactColumns extends ReturnType<typeof factColumns> {
  readonly manifest: string | null;
  readonly pass: number;
  readonly at: number;
  readonly id: number;
}

interface ScopeColumns {
  readonly organization: string;
  readonly name: string | null;
  readonly pass: number;
}
