import { failed, type Result } from '../model/failure.ts';
import type { HostHold } from '../model/freeze.ts';
import type { EngineWriter } from '../model/ports.ts';

/**
 * The one door to changes of the engine. Whoever decided on what was true a moment ago is stopped here,
 * so that nothing begins after a freeze has been written down. A call that has begun is not called back.
 */
export const gatedWriter = (
  writer: EngineWriter,
  /** Why nothing may be changed now; null: it may. */
  held: () => HostHold | null,
): EngineWriter => {
  const unlessHeld = <T>(
    call: () => Promise<Result<T>>,
    isHeld: (hold: HostHold) => boolean = () => true,
  ): Promise<Result<T>> => {
    const hold = held();
    return hold !== null && isHeld(hold) ? Promise.resolve(failed('frozen', hold.message)) : call();
  };
  return {
    create: (config, volumes) => unlessHeld(() => writer.create(config, volumes)),
    start: (id) => unlessHeld(() => writer.start(id)),
    stop: (id, graceMs) => unlessHeld(() => writer.stop(id, graceMs)),
    unpause: (id) => unlessHeld(() => writer.unpause(id)),
    remove: (id, options) => unlessHeld(() => writer.remove(id, options)),
    update: (id, resources) => unlessHeld(() => writer.update(id, resources)),
    disconnect: (id, network) => unlessHeld(() => writer.disconnect(id, network)),
    seed: (id, seed, chown) => unlessHeld(() => writer.seed(id, seed, chown)),
    pull: (image, onProgress, signal) => unlessHeld(() => writer.pull(image, onProgress, signal)),
    removeImage: (reference) => unlessHeld(() => writer.removeImage(reference)),
    createVolume: (volume) => unlessHeld(() => writer.createVolume(volume)),
    removeVolume: (name) => unlessHeld(() => writer.removeVolume(name)),
    createNetwork: (network) => unlessHeld(() => writer.createNetwork(network)),
    removeNetwork: (name) => unlessHeld(() => writer.removeNetwork(name)),
    // A command in a container is its owner's hand; but who only looks runs none.
    exec: (id, options) =>
      unlessHeld(
        () => writer.exec(id, options),
        ({ reason }) => reason === 'Observing',
      ),
  };
};
