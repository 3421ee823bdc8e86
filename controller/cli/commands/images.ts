import { ApiError } from '../../model/api.ts';
import type { VersionsQuery, VersionsReport } from '../../model/catalogue-api.ts';
import { note, say, sayJson, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';
import { catalogueText, detailsText, imagesTable, versionsTable } from '../images-text.ts';

export interface ImagesOutput {
  readonly output: 'table' | 'json';
}

export interface ImagesListOptions extends ImagesOutput {
  readonly category?: string;
  readonly org?: string;
}

export interface ImagesSearchOptions extends ImagesOutput {
  readonly cuda?: string;
  readonly python?: string;
  readonly arch?: string;
  readonly category?: string;
  readonly cached?: boolean;
  readonly limit: string;
}

export interface ImagesShowOptions {
  readonly output: 'text' | 'json';
}

export const list = (
  context: Context,
  text: string | undefined,
  options: ImagesListOptions,
): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    const { category = null, org: organization = null, output } = options;
    const report = await api.images({ text: text ?? null, category, organization });
    if (output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else {
      const now = context.io.clock.now();
      say(context, imagesTable(report.items, now));
      note(context, catalogueText(report.catalogue, now));
    }
    return exitCode.done;
  });

export const search = (
  context: Context,
  text: string | undefined,
  options: ImagesSearchOptions,
): Promise<number> => find(context, { text: text ?? null, image: null }, options);

export const versions = (
  context: Context,
  image: string,
  options: ImagesSearchOptions,
): Promise<number> => find(context, { text: null, image }, options);

const find = async (
  context: Context,
  what: Pick<VersionsQuery, 'text' | 'image'>,
  options: ImagesSearchOptions,
): Promise<number> => {
  const { cuda = null, python = null, arch = null, category = null, cached = false } = options;
  const { limit, output } = options;
  if (!/^[1-9]\d{0,3}$/.test(limit))
    throw new ApiError('usage', `--limit ${limit} is not a number of rows from 1 to 9999`);
  const query: VersionsQuery = {
    ...what,
    category,
    cuda,
    python,
    architecture: arch === null ? null : (sameArchitecture[arch] ?? arch),
    cachedOnly: cached,
    limit: Number(limit),
  };
  return withConnection(context, 'read', async ({ api }) => {
    const report = await api.imageVersions(query);
    if (output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...report });
    else print(context, report);
    return exitCode.done;
  });
};

/** As `uname -m` says it, for what registries call otherwise. */
const sameArchitecture: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };

const print = (context: Context, { items, more, catalogue }: VersionsReport): void => {
  say(context, versionsTable(items));
  if (more) note(context, 'There are more; --limit shows them.');
  note(context, catalogueText(catalogue, context.io.clock.now()));
};

export const show = (
  context: Context,
  reference: string,
  { output }: ImagesShowOptions,
): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    const details = await api.showImage(reference);
    if (output === 'json') sayJson(context, { apiVersion: 'mlenv/v1', ...details });
    else say(context, detailsText(details, context.io.clock.now()));
    return exitCode.done;
  });
