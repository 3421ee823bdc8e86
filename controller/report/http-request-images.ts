import type {
  ExportedImage,
  ImagesQuery,
  ImportImagesRequest,
  LockImage,
  LockImagesRequest,
  PruneImagesRequest,
  SyncImagesRequest,
  VersionsQuery,
} from '../model/catalogue-api.ts';
import { exportedImageFault } from '../model/catalogue-file.ts';
import type { ImageChoice } from '../model/image-choice.ts';
import { ApiError } from '../model/api.ts';
import { count, object, optionalText, text, texts, wrong } from './http-request.ts';
import type { Query } from './wire.ts';

/** All throw ApiError 'usage'. */
export const imagesQueryOf = (query: Query): ImagesQuery => ({
  text: optionalText(query, 'text'),
  category: optionalText(query, 'category'),
  organization: optionalText(query, 'organization'),
});

export const versionsQueryOf = (query: Query): VersionsQuery => ({
  text: optionalText(query, 'text'),
  image: optionalText(query, 'image'),
  category: optionalText(query, 'category'),
  cuda: optionalText(query, 'cuda'),
  python: optionalText(query, 'python'),
  architecture: optionalText(query, 'architecture'),
  cachedOnly: query['cached'] === 'true',
  limit: count(query, 'limit') ?? 50,
});

export const referenceOf = (query: Query): string => text(query, 'reference');

export const afterOf = (query: Query): number => count(query, 'after') ?? 0;

export const lockImagesOf = (value: unknown): LockImagesRequest => {
  const fields = object(value, 'body');
  const { images } = fields;
  if (!Array.isArray(images)) throw wrong('images', 'a list');
  return { path: text(fields, 'path'), images: images.map(lockImageOf) };
};

const lockImageOf = (value: unknown): LockImage => {
  const fields = object(value, 'image');
  const { choice, fresh } = fields;
  if (typeof fresh !== 'boolean') throw wrong('fresh', 'true or false');
  return {
    environment: text(fields, 'environment'),
    asked: text(fields, 'asked'),
    choice: choice === null ? null : choiceOf(object(choice, 'choice')),
    fresh,
  };
};

const choiceOf = (fields: Readonly<Record<string, unknown>>): ImageChoice => ({
  framework: text(fields, 'framework'),
  version: optionalText(fields, 'version'),
  cuda: optionalText(fields, 'cuda'),
  python: optionalText(fields, 'python'),
  org: optionalText(fields, 'org'),
});

export const syncImagesOf = (value: unknown): SyncImagesRequest => {
  const fields = object(value, 'body');
  return {
    organization: text(fields, 'organization'),
    image: optionalText(fields, 'image'),
    by: text(fields, 'by'),
  };
};

export const importImagesOf = (value: unknown): ImportImagesRequest => {
  const fields = object(value, 'body');
  const { images } = fields;
  if (!Array.isArray(images)) throw wrong('images', 'a list');
  const fault = images
    .map((image: unknown, place) => exportedImageFault(image, `images[${place}]`))
    .find((found) => found !== null);
  if (fault !== undefined) throw new ApiError('usage', fault);
  return { images: images as readonly ExportedImage[], by: text(fields, 'by') };
};

export const pruneImagesOf = (value: unknown): PruneImagesRequest => {
  const fields = object(value, 'body');
  return {
    unusedForMs: whole(fields['unusedForMs'], 'unusedForMs'),
    keep: whole(fields['keep'], 'keep'),
    remove: fields['remove'] === null ? null : texts(fields, 'remove'),
    by: text(fields, 'by'),
  };
};

const whole = (value: unknown, name: string): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw wrong(name, 'a whole number from 0');
  }
  return value;
};
