import {
  catalogueRegistry,
  imageNameOf,
  imageReferenceOf,
  type ImageName,
} from '../model/catalogue.ts';
import type { CatalogueTable } from '../model/store-catalogue.ts';
import { imageColumns, versionColumnsOf } from './catalogue-rows.ts';
import type { Connection, Transaction } from './connection.ts';
import { toDatetime } from './time.ts';

/** Starter and import: what stands there already stays, unless it came the same way. */
export const catalogueWriter = (
  db: Connection,
  transaction: Transaction,
): Pick<CatalogueTable, 'put' | 'markCached'> => {
  const putImage = db.prepare<[ReturnType<typeof imageColumns> & { at: string; origin: string }]>(
    `INSERT INTO ngc_images (name, display_name, organization, team, category, description, created_at,
       updated_at, last_synced, origin)
     VALUES (@name, @displayName, @organization, @team, @category, @description, @createdAt,
       @updatedAt, @at, @origin)
     ON CONFLICT (organization, coalesce(team, ''), name) DO UPDATE SET display_name = excluded.display_name,
       category = excluded.category, description = excluded.description, created_at = excluded.created_at,
       updated_at = excluded.updated_at, last_synced = excluded.last_synced, origin = excluded.origin
     WHERE origin = excluded.origin OR (excluded.origin = 'import' AND origin <> 'sync')`,
  );
  const idOf = db.prepare<[string, string, string], { readonly id: number }>(
    `SELECT id FROM ngc_images WHERE organization = ? AND coalesce(team, '') = ? AND name = ?`,
  );
  // A tag that the registry itself was asked about is known better than any file says it.
  const putVersion = db.prepare<
    [ReturnType<typeof versionColumnsOf> & { image: number; origin: string }]
  >(
    `INSERT INTO image_versions (image_id, tag, digest, size_bytes, created_at, cuda_version, cuda_full,
       python_version, framework_version, min_driver, architecture, architectures, tag_order)
     VALUES (@image, @tag, @digest, @size, @createdAt, @cuda, @cudaFull, @python, @framework, @minDriver,
       @architecture, @architectures, @order)
     ON CONFLICT (image_id, tag) DO UPDATE SET digest = excluded.digest, size_bytes = excluded.size_bytes,
       created_at = excluded.created_at, cuda_version = excluded.cuda_version,
       cuda_full = excluded.cuda_full, python_version = excluded.python_version,
       framework_version = excluded.framework_version, min_driver = excluded.min_driver,
       architecture = excluded.architecture, architectures = excluded.architectures,
       tag_order = excluded.tag_order
     WHERE checked_at_ms IS NULL AND (@origin = 'import'
       OR (SELECT i.origin FROM ngc_images i WHERE i.id = image_id) = @origin)`,
  );
  const tagged = db.prepare<[ImageName & { readonly tag: string }], { readonly id: number }>(
    `SELECT v.id FROM ngc_images i JOIN image_versions v ON v.image_id = i.id AND v.tag = @tag
     WHERE i.organization = @organization AND coalesce(i.team, '') = @team AND i.name = @name`,
  );
  const pulledBy = db.prepare<[ImageName & { readonly digest: string }], { readonly id: number }>(
    `SELECT v.id FROM ngc_images i JOIN image_versions v ON v.image_id = i.id
     WHERE i.organization = @organization AND coalesce(i.team, '') = @team AND i.name = @name AND v.digest = @digest`,
  );
  const cached = db.prepare<[], { readonly id: number }>(
    'SELECT id FROM image_versions WHERE is_cached = 1',
  );
  const mark = db.prepare<[number, number]>('UPDATE image_versions SET is_cached = ? WHERE id = ?');
  return {
    put: (images, origin, at) =>
      transaction(() => {
        const count = { images: 0, versions: 0 };
        for (const { image, versions } of images) {
          const columns = { ...imageColumns(image), at: toDatetime(at), origin };
          count.images += putImage.run(columns).changes;
          const id = idOf.get(image.organization, image.team, image.name)?.id;
          if (id === undefined) continue;
          for (const version of versions) {
            const row = { ...versionColumnsOf(version), image: id, origin };
            count.versions += putVersion.run(row).changes;
          }
        }
        return count;
      }),
    markCached: (images) =>
      transaction(() => {
        const here = new Set<number>();
        for (const { tags, digests } of images) {
          for (const reference of [...tags, ...digests]) {
            const named = catalogueImage(reference);
            if (named === null) continue;
            const { tag, digest, ...name } = named;
            const rows =
              digest === null ? tagged.all({ ...name, tag }) : pulledBy.all({ ...name, digest });
            for (const { id } of rows) here.add(id);
          }
        }
        const before = new Set(cached.all().map(({ id }) => id));
        const changes = [
          ...[...here].filter((id) => !before.has(id)).map((id) => [1, id] as const),
          ...[...before].filter((id) => !here.has(id)).map((id) => [0, id] as const),
        ];
        for (const [isCached, id] of changes) mark.run(isCached, id);
        return changes.length;
      }),
  };
};

/** null: an image of another registry. */
const catalogueImage = (
  reference: string,
): (ImageName & { readonly tag: string; readonly digest: string | null }) | null => {
  if (!reference.startsWith(`${catalogueRegistry}/`)) return null;
  const read = imageReferenceOf(reference);
  const name = read === null ? null : imageNameOf(read.repository);
  return read === null || name === null
    ? null
    : { ...name, tag: read.tag ?? '', digest: read.digest };
};
