import type { ImageDefaults, ObservedContainer } from '../model/container.ts';
import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { EngineReader } from '../model/ports.ts';
import { call, listReply, objectReply } from './call.ts';
import { createClaims } from './claims.ts';
import { clientOf, type Connection } from './client.ts';
import { events } from './events.ts';
import { listImages } from './images.ts';
import { readInfo } from './info.ts';
import { logs } from './logs.ts';
import { isContainerRef, isImageRef } from './names.ts';
import {
  listedContainer,
  observedContainer,
  observedImage,
  observedNetwork,
  observedVolume,
} from './observe.ts';
import { json, type Json, list, text } from './shape.ts';
import { changedPaths } from './writable-layer.ts';

export function createReader(connection: Connection, apiVersion: string): EngineReader {
  const { docker, deadlines } = connection;
  const readMs = deadlines.readMs;
  // An image's id is the hash of what it holds: what was read once stays true.
  const imagesById = new Map<string, ImageDefaults>();

  const inspectRaw = (id: string): Promise<Result<Json>> =>
    isContainerRef(id)
      ? call({
          what: `inspect ${id}`,
          kind: 'read',
          deadlineMs: readMs,
          send: (abortSignal) => docker.getContainer(id).inspect({ abortSignal }),
          read: named('Id'),
        })
      : Promise.resolve(failed('absent', `No such container: ${id}`, 404));

  const image = async (reference: string): Promise<Result<ImageDefaults>> => {
    if (!isImageRef(reference)) return failed('absent', `No such image: ${reference}`, 404);
    const reply = await call({
      what: `inspect image ${reference}`,
      kind: 'read',
      deadlineMs: readMs,
      send: (abortSignal) => clientOf(docker).getImage(reference).inspect({ abortSignal }),
      read: named('Id'),
    });
    if (!reply.ok) return reply;
    const defaults = observedImage(reply.value);
    imagesById.set(defaults.id, defaults);
    return ok(defaults);
  };

  const imageById = async (id: string): Promise<Result<ImageDefaults | null>> => {
    const known = imagesById.get(id);
    if (known !== undefined) return ok(known);
    const read = await image(id);
    return !read.ok && read.failure.kind === 'absent' ? ok(null) : read;
  };

  const inspect = async (idOrName: string): Promise<Result<ObservedContainer>> => {
    const raw = await inspectRaw(idOrName);
    if (!raw.ok) return raw;
    const defaults = await imageById(text(raw.value['Image']));
    return defaults.ok
      ? ok(observedContainer(raw.value, defaults.value, connection.defaultRuntime, connection))
      : defaults;
  };

  return {
    info: async () => {
      const read = await readInfo({ docker, deadlines, apiVersion });
      return read.ok ? ok(read.value.info) : read;
    },
    list: (labels) =>
      call({
        what: 'list containers',
        kind: 'read',
        deadlineMs: readMs,
        send: (abortSignal) =>
          docker.listContainers({ all: true, filters: labelFilter(labels), abortSignal }),
        read: (reply) => listReply(reply)?.map(listedContainer) ?? null,
      }),
    inspect,
    image,
    images: () => listImages(connection),
    networks: (labels) =>
      call({
        what: 'list networks',
        kind: 'read',
        deadlineMs: readMs,
        send: (abortSignal) => docker.listNetworks({ filters: labelFilter(labels), abortSignal }),
        read: (reply) => listReply(reply)?.map(observedNetwork) ?? null,
      }),
    volumes: (labels) =>
      call({
        what: 'list volumes',
        kind: 'read',
        deadlineMs: readMs,
        send: (abortSignal) => docker.listVolumes({ filters: labelFilter(labels), abortSignal }),
        read: (reply) => {
          const said = objectReply(reply);
          return said === null ? null : list(said['Volumes']).map(json).map(observedVolume);
        },
      }),
    gpuClaims: createClaims({
      running: () =>
        call({
          what: 'list running containers',
          kind: 'read',
          deadlineMs: readMs,
          send: (abortSignal) => docker.listContainers({ abortSignal }),
          read: (reply) => listReply(reply)?.map(listedContainer) ?? null,
        }),
      inspect: inspectRaw,
    }),
    writableLayer: async (id) => {
      const inspected = await inspectRaw(id);
      if (!inspected.ok) return inspected;
      return call({
        what: `changes of ${id}`,
        kind: 'read',
        deadlineMs: readMs,
        send: (abortSignal) => docker.getContainer(id).changes({ abortSignal }),
        read: (reply) => changedPaths(reply, inspected.value),
      });
    },
    logs: (id, options, signal) => logs({ connection, id, options }, signal),
    events: (signal) => events(connection, signal),
  };
}

const labelFilter = (labels: Readonly<Record<string, string>>): { label: string[] } => ({
  label: Object.entries(labels).map(([name, value]) => (value === '' ? name : `${name}=${value}`)),
});

/** An object that says who it is: anything else is not the answer to an inspect. */
const named =
  (key: string) =>
  (reply: unknown): Json | null => {
    const said = objectReply(reply);
    return said === null || text(said[key]) === '' ? null : said;
  };
