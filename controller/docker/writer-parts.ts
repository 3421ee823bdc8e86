import type { Result } from '../model/failure.ts';
import { failed, ok } from '../model/failure.ts';
import type { EngineWriter, NetworkWish } from '../model/ports.ts';
import { anyReply, call, objectReply } from './call.ts';
import { clientOf, type Connection } from './client.ts';
import { isContainerRef } from './names.ts';
import { observedNetwork } from './observe.ts';

export function volumeWriter({
  docker,
  deadlines,
}: Connection): Pick<EngineWriter, 'createVolume' | 'removeVolume'> {
  return {
    // The engine answers with the one that is there, where there is one.
    createVolume: async ({ name, labels }) => {
      const made = await call({
        what: `create volume ${name}`,
        kind: 'write',
        deadlineMs: deadlines.createMs,
        // Driver options are never sent: `o=bind` would be a host folder in disguise.
        send: (abortSignal) =>
          docker.createVolume({ Name: name, Driver: 'local', Labels: { ...labels }, abortSignal }),
        read: anyReply,
      });
      return made.ok ? ok(undefined) : made;
    },
    removeVolume: (name) =>
      removal({
        what: `remove volume ${name}`,
        name,
        deadlineMs: deadlines.removeMs,
        send: (abortSignal) => docker.getVolume(name).remove({ abortSignal }),
      }),
  };
}

export function networkWriter({
  docker,
  deadlines,
}: Connection): Pick<EngineWriter, 'createNetwork' | 'removeNetwork'> {
  const holder = (name: string) =>
    call({
      what: `inspect network ${name}`,
      kind: 'read',
      deadlineMs: deadlines.readMs,
      send: (abortSignal) => clientOf(docker).getNetwork(name).inspect({ abortSignal }),
      read: objectReply,
    });
  return {
    createNetwork: async (wish) => {
      // Engines before 25 allow two networks of one name, so look first, too.
      const before = await holder(wish.name);
      if (before.ok) return sameNetwork(wish, observedNetwork(before.value));
      if (before.failure.kind !== 'absent') return before;
      const made = await call({
        what: `create network ${wish.name}`,
        kind: 'write',
        deadlineMs: deadlines.createMs,
        send: (abortSignal) =>
          docker.createNetwork({
            Name: wish.name,
            Driver: 'bridge',
            CheckDuplicate: true,
            IPAM: { Driver: 'default', Config: [{ Subnet: wish.subnet }] },
            Labels: { ...wish.labels },
            abortSignal,
          }),
        read: anyReply,
      });
      if (made.ok) return ok(undefined);
      if (made.failure.status === 409) {
        const now = await holder(wish.name);
        if (now.ok) return sameNetwork(wish, observedNetwork(now.value));
      }
      return { ok: false, failure: forbiddenIsConflict(made.failure) };
    },
    removeNetwork: (name) =>
      removal({
        what: `remove network ${name}`,
        name,
        deadlineMs: deadlines.removeMs,
        send: (abortSignal) => docker.getNetwork(name).remove({ abortSignal }),
      }),
  };
}

function sameNetwork(
  wish: NetworkWish,
  found: { readonly subnet: string | null; readonly labels: Readonly<Record<string, string>> },
): Result<void> {
  const ours = Object.entries(wish.labels).every(([key, value]) => found.labels[key] === value);
  return ours && found.subnet === wish.subnet
    ? ok(undefined)
    : failed('conflict', `A network of this name is there already: ${wish.name}`, 409);
}

async function removal(request: {
  readonly what: string;
  readonly name: string;
  readonly deadlineMs: number;
  readonly send: (signal: AbortSignal) => Promise<unknown>;
}): Promise<Result<void>> {
  if (!isContainerRef(request.name)) return ok(undefined);
  const removed = await call({ ...request, kind: 'write', read: anyReply });
  if (removed.ok || removed.failure.kind === 'absent') return ok(undefined);
  return { ok: false, failure: forbiddenIsConflict(removed.failure) };
}

/** 403 is how engines say "the subnet overlaps" and "the network is in use". */
function forbiddenIsConflict<F extends { readonly status: number | null }>(failure: F): F {
  return failure.status === 403 ? { ...failure, kind: 'conflict' } : failure;
}
