import type { CatalogueEntry } from '../model/registry.ts';
import { parseRepository } from './reference.ts';
import { isJson, json, list, text, texts, time } from './shape.ts';

export type ReadEntry =
  | { readonly kind: 'entry'; readonly value: CatalogueEntry }
  | { readonly kind: 'skipped'; readonly id: string | null; readonly why: string };

/** One resource of a page. All of its fields may be missing; what it must have is a name that can be pulled. */
export const readEntry = (resource: unknown): ReadEntry => {
  const id = text(json(resource)['resourceId']);
  if (!isJson(resource) || id === '') {
    return { kind: 'skipped', id: null, why: 'it has no resourceId' };
  }
  const type = text(resource['resourceType']);
  if (type !== '' && type !== 'CONTAINER') {
    return { kind: 'skipped', id, why: `it is a ${type.toLowerCase()}` };
  }
  // teamName is "" or absent where there is none, so the id alone is split.
  const segments = id.split('/');
  const [org = '', second = '', third] = segments;
  if (segments.length < 2 || segments.length > 3 || !parseRepository(`nvcr.io/${id}`).ok) {
    return { kind: 'skipped', id, why: 'its id is no name of an image' };
  }
  const name = third ?? second;
  const attributes = attributesOf(resource);
  return {
    kind: 'entry',
    value: {
      repository: id,
      org,
      team: third === undefined ? '' : second,
      name,
      displayName: text(resource['displayName']) || name,
      description: text(resource['description']) || text(resource['shortDescription']),
      labels: labelsOf(resource['labels']),
      latestTag: attributes['latestTag'] ?? (text(resource['latestTag']) || null),
      sizeBytes: bytesOf(attributes['size'] ?? resource['latestImageSize']),
      createdAt: time(resource['dateCreated']),
      updatedAt: time(resource['dateModified']) ?? time(resource['updatedDate']),
      isPublic: resource['isPublic'] === true,
      canGuestPull: (resource['guestAccess'] ?? resource['canGuestPull']) === true,
      raw: JSON.stringify(resource),
    },
  };
};

/** `[{key, value}]`, all as text. */
const attributesOf = (
  resource: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    list(resource['attributes'])
      .map(json)
      .filter(({ value }) => text(value) !== '')
      .map(({ key, value }) => [text(key), text(value)]),
  );

const labelsOf = (value: unknown): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    list(value)
      .map(json)
      .map(({ key, values }): readonly [string, readonly string[]] => [
        text(key),
        texts(values).filter((label) => label !== unresolved),
      ])
      .filter(([key, values]) => key !== '' && values.length > 0),
  );

/** What NGC writes where it does not find the words of a label. */
const unresolved = '_LABEL_FAILED_TO_RESOLVE_';

/** Digits in a text, or a number. */
const bytesOf = (value: unknown): number | null => {
  const digits = typeof value === 'number' ? String(value) : text(value);
  const read = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(read) ? read : null;
};
