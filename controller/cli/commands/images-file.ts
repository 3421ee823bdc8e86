import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ApiError, type Api } from '../../model/api.ts';
import type { ExportedImage } from '../../model/catalogue-api.ts';
import { catalogueFormat, readCatalogueFile } from '../../model/catalogue-file.ts';
import { note, say, withConnection, type Context } from '../context.ts';
import { exitCode } from '../exit-codes.ts';

/** A whole catalogue in one file, for a machine without a network; `-` is the standard output. */
export const exportTo = (context: Context, file: string): Promise<number> =>
  withConnection(context, 'read', async ({ api }) => {
    const { io } = context;
    const images = await allImages(api);
    const text = `${JSON.stringify(
      {
        format: catalogueFormat,
        exportedAt: new Date(io.clock.now()).toISOString(),
        images,
      },
      null,
      1,
    )}\n`;
    const versions = images.reduce((sum, image) => sum + image.versions.length, 0);
    if (file === '-') io.stdout.write(text);
    else {
      await writeWhole(resolve(io.cwd, file), text);
      say(context, `${images.length} images, ${versions} versions in ${file}`);
    }
    return exitCode.done;
  });

export const importFrom = async (context: Context, file: string): Promise<number> => {
  const { io } = context;
  const text = await readText(resolve(io.cwd, file));
  const read = readCatalogueFile(await parsed(file, text));
  if (!read.ok) throw new ApiError('invalid-spec', `${file}: ${read.fault}`);
  return withConnection(context, 'write', async ({ api }) => {
    let changed = 0;
    for (const images of pieces(read.file.images)) {
      const count = await api.importImages({ images, by: io.user });
      changed += count.images + count.versions;
    }
    const versions = read.file.images.reduce((sum, image) => sum + image.versions.length, 0);
    say(
      context,
      `${read.file.images.length} images, ${versions} versions of ${read.file.exportedAt.slice(0, 10)} read; ${changed} rows added or changed`,
    );
    if (changed === 0) note(context, 'What the registry itself said is kept.');
    return exitCode.done;
  });
};

const allImages = async (api: Api): Promise<readonly ExportedImage[]> => {
  const images: ExportedImage[] = [];
  for (let after: number | null = 0; after !== null;) {
    const piece = await api.exportImages(after);
    images.push(...piece.items);
    after = piece.next;
  }
  return images;
};

/** A request may hold 256 KB: an image of many versions goes in several. */
const pieceBytes = 128 * 1024;

function* pieces(images: readonly ExportedImage[]): Generator<readonly ExportedImage[]> {
  let piece: ExportedImage[] = [];
  let bytes = 0;
  for (const part of images.flatMap(parts)) {
    const length = Buffer.byteLength(JSON.stringify(part));
    if (bytes + length > pieceBytes && piece.length > 0) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(part);
    bytes += length;
  }
  if (piece.length > 0) yield piece;
}

const versionsAPart = 100;

const parts = (image: ExportedImage): readonly ExportedImage[] =>
  Array.from(
    { length: Math.max(1, Math.ceil(image.versions.length / versionsAPart)) },
    (_, at) => ({
      ...image,
      versions: image.versions.slice(at * versionsAPart, (at + 1) * versionsAPart),
    }),
  );

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ApiError('usage', `${file} cannot be read: ${textOf(error)}`);
  }
};

/** Under its name only when it is whole. */
const writeWhole = async (file: string, text: string): Promise<void> => {
  const beside = `${file}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw new ApiError('usage', `${file} cannot be written: ${textOf(error)}`);
  }
};

/** JSON is YAML, whose parser says where a fault is. */
const parsed = async (file: string, text: string): Promise<unknown> => {
  try {
    return JSON.parse(text);
  } catch {
    const { parseDocument } = await import('yaml');
    const [fault] = parseDocument(text, { strict: true, version: '1.2' }).errors;
    const [at] = fault?.linePos ?? [];
    throw new ApiError(
      'invalid-spec',
      `${file}${at === undefined ? '' : `:${at.line}:${at.col}`}: this is no JSON; export it again with mlenv images export`,
    );
  }
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
