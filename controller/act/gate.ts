import { failed, type Result } from '../model/failure.ts';
import type { EngineWriter } from '../model/ports.ts';

/**
 * The one door to changes of the engine. Whoever decided on what was true a moment ago is stopped here,
 * so that nothing begins after a freeze has been written down. A call that has begun is not called back.
 */
export const gatedWriter = (
  writer: EngineWriter,
  /** Why nothing may be changed now; null: it may. */
  frozen: () => string | null,
): EngineWriter => {
  const unlessFrozen = <T>(call: () => Promise<Result<T>>): Promise<Result<T>> => {
    const why = frozen();
    return why === null ? call() : Promise.resolve(failed('frozen', why));
  };
  return {
    create: (config, volumes) => unlessFrozen(() => writer.create(config, volumes)),
    start: (id) => unlessFrozen(() => writer.start(id)),
    stop: (id, graceMs) => unlessFrozen(() => writer.stop(id, graceMs)),
    unpause: (id) => unlessFrozen(() => writer.unpause(id)),
    remove: (id, options) => unlessFrozen(() => writer.remove(id, options)),
    update: (id, resources) => unlessFrozen(() => writer.update(id, resources)),
    disconnect: (id, network) => unlessFrozen(() => writer.disconnect(id, network)),
    seed: (id, seed, chown) => unlessFrozen(() => writer.seed(id, seed, chown)),
    pull: (image, onProgress, signal) => unlessFrozen(() => writer.pull(image, onProgress, signal)),
    removeImage: (reference) => unlessFrozen(() => writer.removeImage(reference)),
    createVolume: (volume) => unlessFrozen(() => writer.createVolume(volume)),
    removeVolume: (name) => unlessFrozen(() => writer.removeVolume(name)),
    createNetwork: (network) => unlessFrozen(() => writer.createNetwork(network)),
    removeNetwork: (name) => unlessFrozen(() => writer.removeNetwork(name)),
    // A command in a container is its owner's hand and not the controller's.
    exec: (id, options) => writer.exec(id, options),
  };
};
