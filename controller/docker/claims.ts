import type { Result } from '../model/failure.ts';
import { ok } from '../model/failure.ts';
import type { GpuClaim } from '../model/gpu.ts';
import type { ListedContainer } from '../model/container.ts';
import { observedEnv } from './observe-config.ts';
import { json, type Json, list, text, textMap, texts } from './shape.ts';
import { visibleDevices } from './translate.ts';

/**
 * Which of the containers that run were given cards, ours and others'. What a container was given is
 * fixed when it is created, so that each is inspected once.
 */
export const createClaims = (from: {
  readonly running: () => Promise<Result<readonly ListedContainer[]>>;
  readonly inspect: (id: string) => Promise<Result<Json>>;
}): (() => Promise<Result<readonly GpuClaim[]>>) => {
  let known = new Map<string, GpuClaim['gpus'] | null>();
  return async () => {
    const listed = await from.running();
    if (!listed.ok) return listed;
    const next: typeof known = new Map();
    const claims: GpuClaim[] = [];
    for (const { id, name, labels } of listed.value) {
      let gpus = known.get(id);
      if (gpus === undefined) {
        const seen = await from.inspect(id);
        // It ended meanwhile.
        if (!seen.ok && seen.failure.kind === 'absent') continue;
        if (!seen.ok) return seen;
        gpus = claimOf(seen.value);
      }
      next.set(id, gpus);
      if (gpus !== null) claims.push({ containerId: id, containerName: name, labels, gpus });
    }
    known = next;
    return ok(claims);
  };
};

/** null: none. */
export const claimOf = (inspect: Json): GpuClaim['gpus'] | null => {
  const config = json(inspect['Config']);
  const host = json(inspect['HostConfig']);
  for (const request of list(host['DeviceRequests']).map(json)) {
    const ids = texts(request['DeviceIDs']);
    if (ids.length > 0) return ids;
    const count = request['Count'];
    if (typeof count === 'number' && count !== 0) return count < 0 ? 'all' : count;
  }
  const env = observedEnv(config['Env']);
  const visible = env[visibleDevices] ?? '';
  if (text(host['Runtime']) === 'nvidia' && !['', 'void', 'none'].includes(visible)) {
    return visible === 'all' ? 'all' : visible.split(',');
  }
  // A Swarm task of a host whose cards are generic resources.
  const resources = Object.entries(textMap(env)).filter(([name]) =>
    /^DOCKER_RESOURCE_.*GPU/i.test(name),
  );
  return resources.length === 0 ? null : resources.flatMap(([, value]) => value.split(','));
};
