import { repositoryOf, type ImageSearch, type KnownVersion } from '../model/catalogue.ts';
import type { CatalogueTable } from '../model/store-catalogue.ts';
import type { Connection, Transaction } from './connection.ts';
import { catalogueWriter } from './catalogue-write.ts';
import {
  imageOf,
  knownImageOf,
  knownVersionOf,
  versionColumns,
  versionOf,
  type ImageRow,
  type VersionRow,
} from './catalogue-rows.ts';

export const catalogueTable = (db: Connection, transaction: Transaction): CatalogueTable => {
  const images = db.prepare<[ImageFilter], ImageRow & { tags: number; newest: string | null }>(
    `SELECT i.*, (SELECT count(*) FROM image_versions v WHERE v.image_id = i.id) AS tags,
       (SELECT v.tag FROM image_versions v WHERE v.image_id = i.id ORDER BY v.tag_order DESC, v.tag LIMIT 1) AS newest
     FROM ngc_images i
     WHERE (@category IS NULL OR i.category = @category)
       AND (@organization IS NULL OR i.organization = @organization)
       AND (@name IS NULL OR i.name = @name COLLATE NOCASE)
       AND (@pattern IS NULL OR i.name LIKE @pattern ESCAPE '\\' OR i.team LIKE @pattern ESCAPE '\\'
         OR i.display_name LIKE @pattern ESCAPE '\\' OR i.category LIKE @pattern ESCAPE '\\'
         OR i.description LIKE @pattern ESCAPE '\\')
     ORDER BY i.organization, i.team, i.name`,
  );
  const matching = db.prepare<[ImageFilter], ImageRow>(
    `SELECT i.* FROM ngc_images i
     WHERE (@category IS NULL OR i.category = @category)
       AND (@name IS NULL OR i.name = @name COLLATE NOCASE)
       AND (@pattern IS NULL OR i.name LIKE @pattern ESCAPE '\\' OR i.team LIKE @pattern ESCAPE '\\'
         OR i.display_name LIKE @pattern ESCAPE '\\' OR i.category LIKE @pattern ESCAPE '\\'
         OR i.description LIKE @pattern ESCAPE '\\')
     ORDER BY iif(@pattern IS NULL, 0, iif(i.name = @text COLLATE NOCASE, 0, iif(i.name LIKE @pattern ESCAPE '\\', 1, 2))),
       i.team IS NOT NULL AND i.team <> '', i.name, i.organization, i.team`,
  );
  // Only the index is read to find them: rows hold whole manifests.
  const find = db.prepare<[VersionFilter], { readonly id: number }>(
    `SELECT id FROM image_versions INDEXED BY idx_versions_find
     WHERE image_id = @image AND (@hasCuda = 0 OR cuda_order BETWEEN @cudaFrom AND @cudaTo)
       AND (@hasPython = 0 OR python_order BETWEEN @pythonFrom AND @pythonTo)
       AND (@architecture IS NULL OR instr(',' || coalesce(architectures, architecture, '') || ',', @architecture) > 0)
       AND (@cached = 0 OR is_cached = 1)
     ORDER BY tag_order DESC, tag LIMIT @limit`,
  );
  const within = db.prepare<[VersionFilter], { readonly found: 1 }>(
    `SELECT 1 AS found FROM image_versions INDEXED BY idx_versions_within
     WHERE image_id = @image AND cuda_order BETWEEN @cudaFrom AND @cudaTo
       AND (@hasPython = 0 OR python_order BETWEEN @pythonFrom AND @pythonTo) LIMIT 1`,
  );
  const byId = db.prepare<[number], VersionRow>(
    `SELECT ${versionColumns} FROM image_versions v WHERE v.id = ?`,
  );
  const byTag = db.prepare<[number, string], VersionRow>(
    `SELECT ${versionColumns} FROM image_versions v WHERE v.image_id = ? AND v.tag = ?`,
  );
  const image = db.prepare<[number], ImageRow>('SELECT * FROM ngc_images WHERE id = ?');
  const manifest = db.prepare<[number], { readonly manifest_json: string | null }>(
    'SELECT manifest_json FROM image_versions WHERE id = ?',
  );
  const after = db.prepare<[number, number], ImageRow>(
    'SELECT * FROM ngc_images WHERE id > ? ORDER BY id LIMIT ?',
  );
  const versions = db.prepare<[number], VersionRow>(
    `SELECT ${versionColumns} FROM image_versions v WHERE v.image_id = ? ORDER BY v.tag_order DESC, v.tag`,
  );
  const origins = db.prepare<[], { readonly origin: 'hand'; readonly n: number }>(
    'SELECT origin, count(*) AS n FROM ngc_images GROUP BY origin',
  );
  return {
    images: ({ text, category, organization }) =>
      images
        .all({ ...anyImage, text, pattern: patternOf(text), category, organization })
        .map(knownImageOf),
    named: (repository) =>
      images
        .all({ ...anyImage, name: lastOf(repository) })
        .map(knownImageOf)
        .filter((found) => isNamed(repositoryOf(found), repository)),
    search: (query) => {
      const { text, category } = query;
      const filter = versionFilter(query);
      const found: KnownVersion[] = [];
      const candidates = matching.all({
        ...anyImage,
        text,
        pattern: patternOf(text),
        category,
        name: query.image === null ? null : lastOf(query.image),
      });
      for (const row of candidates) {
        const left = query.limit - found.length;
        if (left <= 0) break;
        if (query.image !== null && !isNamed(repositoryOf(imageOf(row)), query.image)) continue;
        const asked = { ...filter, image: row.id, limit: left };
        if (query.cuda !== null && within.get(asked) === undefined) continue;
        for (const { id } of find.all(asked)) {
          const version = byId.get(id);
          if (version !== undefined) found.push(knownVersionOf(version, row));
        }
      }
      return found;
    },
    version: (imageId, tag) => {
      const [row, of] = [byTag.get(imageId, tag), image.get(imageId)];
      return row === undefined || of === undefined ? null : knownVersionOf(row, of);
    },
    manifest: (versionId) => manifest.get(versionId)?.manifest_json ?? null,
    after: (id, limit) =>
      after.all(id, limit).map((row) => ({
        id: row.id,
        image: imageOf(row),
        versions: versions.all(row.id).map(versionOf),
      })),
    origins: () => ({
      hand: 0,
      starter: 0,
      import: 0,
      sync: 0,
      ...Object.fromEntries(origins.all().map(({ origin, n }) => [origin, n])),
    }),
    ...catalogueWriter(db, transaction),
  };
};

interface ImageFilter {
  readonly text: string | null;
  readonly pattern: string | null;
  readonly category: string | null;
  readonly organization: string | null;
  readonly name: string | null;
}

const anyImage: ImageFilter = {
  text: null,
  pattern: null,
  category: null,
  organization: null,
  name: null,
};

const versionFilter = ({ cuda, python, architecture, cachedOnly, limit }: ImageSearch) => ({
  image: 0,
  hasCuda: cuda === null ? 0 : 1,
  cudaFrom: cuda?.from ?? 0,
  cudaTo: (cuda?.below ?? 1) - 1,
  hasPython: python === null ? 0 : 1,
  pythonFrom: python?.from ?? 0,
  pythonTo: (python?.below ?? 1) - 1,
  architecture: architecture === null ? null : `,${architecture},`,
  cached: cachedOnly ? 1 : 0,
  limit,
});
type VersionFilter = ReturnType<typeof versionFilter>;

const patternOf = (text: string | null): string | null =>
  text === null ? null : `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

const lastOf = (repository: string): string => repository.split('/').pop() ?? repository;

/** `pytorch` and `nvidia/pytorch` name nvidia/pytorch; `vidia/pytorch` does not. */
const isNamed = (repository: string, asked: string): boolean =>
  `/${repository}`.toLowerCase().endsWith(`/${asked}`.toLowerCase());
