import type { ListedContainer, ObservedContainer } from '../../controller/model/container.ts';
import { failed, ok } from '../../controller/model/failure.ts';
import type { EngineEvent, EngineReader, LogChunk } from '../../controller/model/ports.ts';
import type { EngineInfo } from '../../controller/model/snapshot.ts';
import type { Gate } from './memory-engine-gate.ts';
import { claimsOf } from './memory-engine-gpus.ts';
import { isUp } from './memory-engine-process.ts';
import {
  findContainer,
  findImage,
  listedImages,
  matches,
  type MemoryContainer,
  type World,
} from './memory-engine-world.ts';

export function createMemoryReader(from: {
  readonly world: World;
  readonly gate: Gate;
  readonly info: EngineInfo;
}): EngineReader {
  const { world, gate, info } = from;
  return {
    info: () => gate.read('info', [], () => ok(info)),
    list: (labels) =>
      gate.read('list', [labels], () =>
        ok(
          [...world.containers.values()]
            .filter((container) => matches(container.config.labels, labels))
            .map(listed)
            .reverse(),
        ),
      ),
    inspect: (idOrName) =>
      gate.read('inspect', [idOrName], () => {
        const container = findContainer(world, idOrName);
        return container === undefined ? noContainer(idOrName) : ok(observed(container));
      }),
    image: (reference) =>
      gate.read('image', [reference], () => {
        const image = findImage(world, reference);
        return image === undefined
          ? failed('absent', `No such image: ${reference}`, 404)
          : ok(image);
      }),
    images: () => gate.read('images', [], () => ok(listedImages(world))),
    networks: (labels) =>
      gate.read('networks', [labels], () =>
        ok(
          [...world.networks]
            .filter(([, network]) => matches(network.labels, labels))
            .map(([name, { id, subnet, labels }]) => ({ id, name, subnet, labels })),
        ),
      ),
    volumes: (labels) =>
      gate.read('volumes', [labels], () =>
        ok(
          [...world.volumes]
            .filter(([, volume]) => matches(volume.labels, labels))
            .map(([name, { labels }]) => ({ name, labels })),
        ),
      ),
    gpuClaims: () =>
      gate.read('gpuClaims', [], () => ok([...world.containers.values()].flatMap(claimsOf))),
    writableLayer: (id) =>
      gate.read('writableLayer', [id], () => {
        const container = findContainer(world, id);
        if (container === undefined) return noContainer(id);
        const paths = [...container.written].sort();
        return ok({ paths: paths.slice(0, 20), total: paths.length });
      }),
    logs: (id, options, signal) => logs({ world, gate, id, ...options }, signal),
    events: (signal) => events(world, gate, signal),
  };
}

export const noContainer = (id: string) => failed('absent', `No such container: ${id}`, 404);

export const observed = (container: MemoryContainer): ObservedContainer => ({
  id: container.id,
  name: container.name,
  state: container.state,
  health: isUp(container) ? container.health : 'none',
  lastCheck: isUp(container) ? container.lastCheck : null,
  address: null,
  exitCode: container.exitCode,
  oomKilled: container.oomKilled,
  error: container.error,
  createdAt: container.createdAt,
  startedAt: container.startedAt,
  finishedAt: container.finishedAt,
  imageId: container.image.id,
  excess: container.excess,
  strays: container.strays,
  labels: container.config.labels,
  config: { ...container.config, name: container.name },
  image: container.image,
  anonymousVolumes: container.anonymousVolumes.map(({ name, target }) => ({ name, target })),
});

const listed = (container: MemoryContainer): ListedContainer => ({
  id: container.id,
  name: container.name,
  state: container.state,
  health: isUp(container) ? container.health : 'none',
  image: container.config.image,
  labels: container.config.labels,
});

async function* logs(
  from: {
    readonly world: World;
    readonly gate: Gate;
    readonly id: string;
    readonly follow: boolean;
    readonly tail: number | null;
    readonly since?: number | null;
    readonly until?: number | null;
    readonly onFault?: (why: string) => void;
  },
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  const { world, gate, id, follow, tail, since, until, onFault } = from;
  const opened = await gate.read('logs', [id], () => ok(findContainer(world, id)));
  const container = opened.ok ? opened.value : undefined;
  if (container === undefined) {
    onFault?.(opened.ok ? `No such container: ${id}` : opened.failure.message);
    return;
  }
  let next = tail === null ? 0 : Math.max(0, container.log.length - tail);
  for (;;) {
    for (; next < container.log.length; next += 1) {
      const chunk = container.log[next];
      if (chunk === undefined || chunk.at < (since ?? 0)) continue;
      if (chunk.at >= (until ?? Infinity)) return;
      yield { stream: chunk.stream, data: chunk.data };
    }
    if (!follow || signal.aborted || !isUp(container) || gate.isDown()) return;
    await changeOf(container, signal);
  }
}

function changeOf(container: MemoryContainer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      container.watchers.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    container.watchers.add(wake);
    signal.addEventListener('abort', wake);
  });
}

async function* events(world: World, gate: Gate, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  if (signal.aborted) return;
  const opened = await gate.read('events', [], () => ok(undefined));
  if (!opened.ok) return;
  const waiting: (EngineEvent | 'end')[] = [
    { type: 'daemon', action: 'connected', id: '', at: 0, labels: {} },
  ];
  let wake = (): void => {};
  const take = (event: EngineEvent | 'end'): void => {
    waiting.push(event);
    wake();
  };
  const end = (): void => take('end');
  world.subscribers.add(take);
  signal.addEventListener('abort', end);
  try {
    for (;;) {
      const event = waiting.shift();
      if (event === 'end') return;
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    world.subscribers.delete(take);
    signal.removeEventListener('abort', end);
  }
}
