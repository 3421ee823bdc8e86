import type { AnonymousVolume, ContainerConfig } from '../model/container.ts';
import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { EngineWriter } from '../model/ports.ts';
import { anyReply, call } from './call.ts';
import { clientOf, type Connection } from './client.ts';
import { createFailure, isAlreadySo, startFailure } from './errors.ts';
import { startExec } from './exec.ts';
import { removeImage } from './images.ts';
import { inspectContainer } from './inspect.ts';
import { isContainerRef } from './names.ts';
import { observedContainer } from './observe.ts';
import { usualBody } from './observe-strays.ts';
import { pull } from './pull.ts';
import { createSeeder } from './seed.ts';
import { json, text } from './shape.ts';
import { createBody, resourceBody, wholeSeconds } from './translate.ts';
import { networkWriter, volumeWriter } from './writer-parts.ts';

export function createWriter(connection: Connection): EngineWriter {
  const { docker, deadlines, swapLimit } = connection;
  const volumes = volumeWriter(connection);

  const mutate = (request: {
    readonly what: string;
    readonly id: string;
    readonly deadlineMs: number;
    readonly send: (signal: AbortSignal) => Promise<unknown>;
  }): Promise<Result<void>> =>
    isContainerRef(request.id)
      ? done(
          call({
            what: `${request.what} ${request.id}`,
            kind: 'write',
            deadlineMs: request.deadlineMs,
            send: (signal) => request.send(signal).catch(forgiveAlreadySo),
            read: anyReply,
          }),
        )
      : Promise.resolve(failed('absent', `No such container: ${request.id}`, 404));

  const remove = async (
    id: string,
    options: { readonly volumes: boolean },
  ): Promise<Result<void>> => {
    // A volume that was attached again bears a name in the mount, and the engine keeps such ones.
    const before =
      options.volumes && isContainerRef(id) ? await inspectContainer(connection, id) : null;
    const removed = await mutate({
      what: 'remove',
      id,
      deadlineMs: deadlines.removeMs,
      send: (abortSignal) => docker.getContainer(id).remove({ v: options.volumes, abortSignal }),
    });
    if (!removed.ok && removed.failure.kind !== 'absent') return removed;
    if (before?.ok) {
      for (const { name } of observedContainer(before.value, null, '').anonymousVolumes) {
        // In use elsewhere: not ours to take.
        await volumes.removeVolume(name);
      }
    }
    return ok(undefined);
  };

  return {
    create: async (config, anonymousVolumes) => {
      const made = await create({ connection, config, anonymousVolumes });
      return made.ok ? made : { ok: false, failure: createFailure(made.failure) };
    },
    start: async (id) => {
      const started = await mutate({
        what: 'start',
        id,
        deadlineMs: deadlines.startMs,
        send: (abortSignal) => docker.getContainer(id).start({ abortSignal }),
      });
      return started.ok ? started : { ok: false, failure: startFailure(started.failure) };
    },
    stop: (id, graceMs) =>
      mutate({
        what: 'stop',
        id,
        deadlineMs: graceMs + deadlines.stopMs,
        send: (abortSignal) =>
          docker.getContainer(id).stop({ t: wholeSeconds(graceMs), abortSignal }),
      }),
    unpause: async (id) => {
      const unpaused = await mutate({
        what: 'unpause',
        id,
        deadlineMs: deadlines.createMs,
        send: (abortSignal) => docker.getContainer(id).unpause({ abortSignal }),
      });
      if (unpaused.ok || unpaused.failure.status === null) return unpaused;
      // "Not paused" comes as a plain 500: ask what it is instead of reading the words.
      const now = await inspectContainer(connection, id);
      if (!now.ok) return unpaused;
      const paused = text(json(now.value['State'])['Status']) === 'paused';
      return paused ? unpaused : ok(undefined);
    },
    remove,
    update: (id, resources) =>
      mutate({
        what: 'update',
        id,
        deadlineMs: deadlines.createMs,
        send: (abortSignal) =>
          docker.getContainer(id).update({
            ...resourceBody(resources, swapLimit),
            ...usualBody(resources.usual ?? [], connection),
            abortSignal,
          }),
      }),
    disconnect: (id, network) =>
      mutate({
        what: `disconnect from ${network}`,
        id,
        deadlineMs: deadlines.createMs,
        send: (abortSignal) =>
          docker.getNetwork(network).disconnect({ Container: id, Force: false, abortSignal }),
      }),
    seed: createSeeder(connection),
    pull: (reference, onProgress, signal) => pull({ connection, reference, onProgress }, signal),
    removeImage: (reference) => removeImage(connection, reference),
    ...volumes,
    ...networkWriter(connection),
    exec: (id, options) => startExec({ connection, id, options }),
  };
}

/** Gives up the reply of a call that answers with nothing of interest. */
export const done = async (result: Promise<Result<unknown>>): Promise<Result<void>> => {
  const settled = await result;
  return settled.ok ? ok(undefined) : settled;
};

function forgiveAlreadySo(error: unknown): void {
  if (!isAlreadySo(error)) throw error;
}

function create(from: {
  readonly connection: Connection;
  readonly config: ContainerConfig;
  readonly anonymousVolumes: readonly AnonymousVolume[];
}): Promise<Result<{ readonly id: string }>> {
  const { connection, config, anonymousVolumes } = from;
  const { docker, deadlines, swapLimit } = connection;
  return call({
    what: `create ${config.name}`,
    kind: 'write',
    deadlineMs: deadlines.createMs,
    send: async (abortSignal) => {
      const container = await clientOf(docker).createContainer({
        _query: { name: config.name },
        _body: createBody({ config, anonymousVolumes, swapLimit }),
        abortSignal,
      });
      return container;
    },
    read: (reply) => {
      const id = typeof reply === 'object' && reply !== null && 'id' in reply ? text(reply.id) : '';
      return id === '' ? null : { id };
    },
  });
}
