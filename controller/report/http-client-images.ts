import type { ActionResult } from '../model/api.ts';
import type { CatalogueApi } from '../model/catalogue-api.ts';
import type { Call } from './http-client-read.ts';
import { route, type Query } from './wire.ts';

/** The part of the client that concerns images. */
export const catalogueClient = ({
  call,
  act,
}: {
  readonly call: Call;
  readonly act: (path: string, body: object) => Promise<ActionResult>;
}): CatalogueApi => ({
  images: (query) => call(['catalogue', 'items'], route.images, { query: given({ ...query }) }),
  imageVersions: ({ cachedOnly, limit, ...query }) =>
    call(['catalogue', 'items', 'more'], route.imageVersions, {
      query: { ...given(query), cached: String(cachedOnly), limit: String(limit) },
    }),
  showImage: (reference) => call(['catalogue', 'item'], route.showImage, { query: { reference } }),
  lockImages: (request) => call(['items'], route.lockImages, { body: request }),
  syncImages: (request) => act(route.syncImages, request),
  exportImages: (after) =>
    call(['items', 'next'], route.exportImages, { query: { after: String(after) } }),
  importImages: (request) => call(['images', 'versions'], route.importImages, { body: request }),
  pruneImages: (request) => call(['items', 'atMostBytes'], route.pruneImages, { body: request }),
});

const given = (query: Readonly<Record<string, string | null>>): Query =>
  Object.fromEntries(
    Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null),
  );
