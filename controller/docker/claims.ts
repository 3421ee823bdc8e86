import type { Result } from '../model/failure.ts';
import { ok } from '../model/failure.ts';
import type { GpuClaim } from '../model/gpu.ts';
import type { ListedContainer } from '../model/container.ts';
import { cardRequests, observedEnv } from './observe-config.ts';
import { json, type Json, number, text, texts } from './shape.ts';
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
  const env = observedEnv(config['Env']);
  const requests = cardRequests(host);
  const asked = requests.map(askedOf);
  // The engine puts what a request names in place of the variable, but not where CDI brings it in.
  const isNamed = requests.some(({ Driver }) => Driver !== 'cdi');
  const visible = isNamed || !isNvidiaRuntime(host) ? [] : visibleTo(env);
  return union([...asked, visible, swarmResources(env)]);
};

type Cards = GpuClaim['gpus'];

/** Empty or 0: none. */
const askedOf = (request: Json): Cards => {
  const ids = texts(request['DeviceIDs']);
  if (ids.length > 0) return ids.includes('all') ? 'all' : ids;
  const count = number(request['Count']);
  return count < 0 ? 'all' : count;
};

/** Also that of a host where it is the runtime of every container. */
const isNvidiaRuntime = (host: Json): boolean => /^nvidia(-|$)/.test(text(host['Runtime']));

const visibleTo = (env: Readonly<Record<string, string>>): Cards => {
  // Images from before the variable was: NVIDIA's runtime gives them every card.
  const isOld = 'CUDA_VERSION' in env && !('NVIDIA_REQUIRE_CUDA' in env);
  const visible = env[visibleDevices] ?? (isOld ? 'all' : '');
  if (['', 'void', 'none'].includes(visible)) return [];
  const ids = visible.split(',');
  return ids.includes('all') ? 'all' : ids;
};

/** A Swarm task of a host whose cards are generic resources. */
const swarmResources = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    /^DOCKER_RESOURCE_.*GPU/i.test(name) ? value.split(',') : [],
  );

/** A number stands for the first so many, so that beside ids it is the numbers of those. */
const union = (all: readonly Cards[]): Cards | null => {
  if (all.includes('all')) return 'all';
  const counts = all.filter((one) => typeof one === 'number');
  const ids = all.flatMap((one) => (typeof one === 'object' ? one : []));
  const most = Math.max(0, ...counts);
  if (ids.length === 0) return most === 0 ? null : most;
  return [...new Set([...Array.from({ length: most }, (_, index) => String(index)), ...ids])];
};
