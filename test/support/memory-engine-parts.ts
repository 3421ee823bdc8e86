import { failed, ok } from '../../controller/model/failure.ts';
import type { EngineWriter } from '../../controller/model/ports.ts';
import type { Gate } from './memory-engine-gate.ts';
import { isUp } from './memory-engine-process.ts';
import { matches, type World } from './memory-engine-world.ts';

/** Volumes and networks of the in-memory engine. */
export function memoryVolumes(
  world: World,
  gate: Gate,
): Pick<EngineWriter, 'createVolume' | 'removeVolume'> {
  return {
    createVolume: (volume) =>
      gate.write('createVolume', [volume], () => {
        takeVolume(world, volume.name, volume.labels);
        return ok(undefined);
      }),
    removeVolume: (name) =>
      gate.write('removeVolume', [name], () => {
        const used = [...world.containers.values()].some(
          ({ config, anonymousVolumes }) =>
            config.mounts.some((mount) => mount.kind === 'volume' && mount.source === name) ||
            anonymousVolumes.some((volume) => volume.name === name),
        );
        if (used) return failed('conflict', `remove ${name}: volume is in use`, 409);
        world.lostVolumes.delete(name);
        if (world.volumes.delete(name)) {
          world.emit({ type: 'volume', action: 'destroy', id: name, labels: {} });
        }
        return ok(undefined);
      }),
  };
}

/** false where it was there already. */
export function takeVolume(
  world: World,
  name: string,
  labels: Readonly<Record<string, string>>,
  anonymous = false,
): boolean {
  if (world.volumes.has(name)) return false;
  world.volumes.set(name, { labels, anonymous, owner: '0:0' });
  world.emit({ type: 'volume', action: 'create', id: name, labels: {} });
  return true;
}

export function memoryNetworks(
  world: World,
  gate: Gate,
): Pick<EngineWriter, 'createNetwork' | 'removeNetwork'> {
  return {
    createNetwork: (wish) =>
      gate.write('createNetwork', [wish], () => {
        const there = world.networks.get(wish.name);
        if (there !== undefined) {
          return there.subnet === wish.subnet && matches(there.labels, wish.labels)
            ? ok(undefined)
            : failed('conflict', `A network of this name is there already: ${wish.name}`, 409);
        }
        if ([...world.networks.values()].some(({ subnet }) => overlap(subnet, wish.subnet))) {
          return failed('conflict', 'Pool overlaps with other one on this address space', 403);
        }
        const id = world.newId();
        world.networks.set(wish.name, { id, subnet: wish.subnet, labels: wish.labels });
        world.emit({ type: 'network', action: 'create', id, labels: { name: wish.name } });
        return ok(undefined);
      }),
    removeNetwork: (name) =>
      gate.write('removeNetwork', [name], () => {
        const network = world.networks.get(name);
        if (network === undefined) return ok(undefined);
        const used = [...world.containers.values()].some(
          (container) => isUp(container) && container.config.network?.name === name,
        );
        if (used) {
          return failed('conflict', `network ${name} has active endpoints`, 403);
        }
        world.networks.delete(name);
        world.deadNetworks.delete(network.id);
        world.emit({ type: 'network', action: 'destroy', id: network.id, labels: { name } });
        return ok(undefined);
      }),
  };
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [range(one), range(other)];
  return a.first <= b.last && b.first <= a.last;
}

function range(cidr: string): { readonly first: number; readonly last: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}
