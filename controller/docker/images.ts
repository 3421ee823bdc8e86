import type { ListedImage } from '../model/catalogue.ts';
import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import { anyReply, call, listReply } from './call.ts';
import type { Connection } from './client.ts';
import { isImageRef } from './names.ts';
import { number, text, texts, type Json } from './shape.ts';

/** An engine's own list of images does not tell which are in use. */
export async function listImages({
  docker,
  deadlines,
}: Connection): Promise<Result<readonly ListedImage[]>> {
  const images = await call({
    what: 'list images',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => docker.listImages({ abortSignal }),
    read: listReply,
  });
  if (!images.ok) return images;
  // Second, so that an image that a new container is made of is not taken for unused.
  const containers = await call({
    what: 'list containers',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => docker.listContainers({ all: true, abortSignal }),
    read: listReply,
  });
  if (!containers.ok) return containers;
  const used = new Set(containers.value.map((container) => text(container['ImageID'])));
  return ok(images.value.map((image) => listedImage(image, used)));
}

export async function removeImage(
  { docker, deadlines }: Connection,
  reference: string,
): Promise<Result<void>> {
  if (!isImageRef(reference)) return failed('absent', `No such image: ${reference}`, 404);
  const removed = await call({
    what: `remove image ${reference}`,
    kind: 'write',
    deadlineMs: deadlines.removeMs,
    // Without force: the engine itself refuses what a container is made of.
    send: (abortSignal) => docker.getImage(reference).remove({ abortSignal }),
    read: anyReply,
  });
  return removed.ok || removed.failure.kind === 'absent' ? ok(undefined) : removed;
}

const listedImage = (image: Json, used: ReadonlySet<string>): ListedImage => ({
  id: text(image['Id']),
  tags: named(image['RepoTags']),
  digests: named(image['RepoDigests']),
  sizeBytes: number(image['Size']),
  isUsed: used.has(text(image['Id'])),
});

/** The engine writes `<none>` where there is none. */
const named = (value: unknown): readonly string[] =>
  texts(value).filter((name) => name !== '' && !name.includes('<none>'));
