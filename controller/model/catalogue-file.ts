import type { ExportedImage } from './catalogue-api.ts';

export const catalogueFormat = 'mlenv-catalogue/1';

/** A catalogue as one file holds it: exported, imported, and as it comes with MLEnv. */
export interface CatalogueFile {
  readonly format: typeof catalogueFormat;
  /** ISO 8601 UTC. */
  readonly exportedAt: string;
  readonly images: readonly ExportedImage[];
}

export type CatalogueFileRead =
  | { readonly ok: true; readonly file: CatalogueFile }
  /** `images[3].versions[0].tag must be a text that is not empty` */
  | { readonly ok: false; readonly fault: string };

export const readCatalogueFile = (value: unknown): CatalogueFileRead => {
  if (!isObject(value)) return wrong('the file must hold an object');
  if (value['format'] !== catalogueFormat) {
    return wrong(
      `format must be ${catalogueFormat}: this is no catalogue, or one of another version of MLEnv`,
    );
  }
  const { exportedAt, images } = value;
  if (typeof exportedAt !== 'string' || Number.isNaN(Date.parse(exportedAt))) {
    return wrong('exportedAt must be a time as in ISO 8601');
  }
  if (!Array.isArray(images)) return wrong('images must be a list');
  const fault = images
    .map((image: unknown, place) => exportedImageFault(image, `images[${place}]`))
    .find((found) => found !== null);
  if (fault !== undefined) return wrong(fault);
  return {
    ok: true,
    file: { format: catalogueFormat, exportedAt, images: images as readonly ExportedImage[] },
  };
};

/** null: it is one, and has nothing else in it that would be kept. */
export const exportedImageFault = (value: unknown, at: string): string | null => {
  if (!isObject(value)) return `${at} must be an object`;
  const fault = faultIn(imageFields, value, at);
  if (fault !== null) return fault;
  const { versions } = value;
  if (!Array.isArray(versions)) return `${at}.versions must be a list`;
  const tags = new Set<unknown>();
  for (const [place, version] of versions.entries()) {
    const here = `${at}.versions[${place}]`;
    if (!isObject(version)) return `${here} must be an object`;
    const wrongField = faultIn(versionFields, version, here);
    if (wrongField !== null) return wrongField;
    if (tags.has(version['tag'])) return `${here}.tag stands in it twice`;
    tags.add(version['tag']);
  }
  return null;
};

interface Field {
  readonly wanted: string;
  readonly holds: (value: unknown) => boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const word = /^[a-z0-9][a-z0-9._-]{0,127}$/i;
const matching = (pattern: RegExp, wanted: string): Field => ({
  wanted,
  holds: (value) => isText(value) && pattern.test(value),
});
const orNull = ({ wanted, holds }: Field): Field => ({
  wanted: `${wanted}, or null`,
  holds: (value) => value === null || holds(value),
});
const name = matching(word, 'one word of a repository');
const anyText: Field = { wanted: 'a text', holds: isText };
const whole: Field = {
  wanted: 'a whole number from 0',
  holds: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
/** What Date can hold. */
const time: Field = {
  wanted: 'milliseconds since 1970',
  holds: (value) => whole.holds(value) && Number(value) <= 8.64e15,
};

const imageFields: Readonly<Record<string, Field>> = {
  organization: name,
  team: { wanted: "one word of a repository, or ''", holds: (v) => v === '' || name.holds(v) },
  name,
  displayName: orNull(anyText),
  category: orNull(anyText),
  description: orNull(anyText),
  createdAt: orNull(time),
  updatedAt: orNull(time),
};

const versionFields: Readonly<Record<string, Field>> = {
  tag: matching(/^\w[\w.-]{0,127}$/, 'a tag'),
  digest: orNull(matching(/^sha256:[0-9a-f]{64}$/, 'a digest such as sha256:…')),
  sizeBytes: orNull(whole),
  createdAt: orNull(time),
  cuda: orNull(matching(/^\d+\.\d+$/, 'major and minor, such as 12.4')),
  cudaFull: orNull(anyText),
  python: orNull(matching(/^\d+\.\d+$/, 'major and minor, such as 3.10')),
  framework: orNull(anyText),
  minDriver: orNull(matching(/^\d+(\.\d+)*$/, 'a version such as 550.54.14')),
  architectures: {
    wanted: 'a list of words such as amd64',
    holds: (value) => Array.isArray(value) && value.every((one) => name.holds(one)),
  },
};

const faultIn = (
  fields: Readonly<Record<string, Field>>,
  value: Readonly<Record<string, unknown>>,
  at: string,
): string | null => {
  for (const [field, { wanted, holds }] of Object.entries(fields)) {
    if (!holds(value[field])) return `${at}.${field} must be ${wanted}`;
  }
  return null;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (fault: string): CatalogueFileRead => ({ ok: false, fault });
