import type { GpuAccess } from '../../controller/model/container.ts';
import type { GpuClaim } from '../../controller/model/gpu.ts';
import { isUp } from './memory-engine-obstacles.ts';
import { type MemoryContainer, withoutVisibleDevices } from './memory-engine-world.ts';

/** Cards of the in-memory engine: who has which, and what a container sees of them. */

export const claimsOf = (container: MemoryContainer): readonly GpuClaim[] => {
  const { id, name, config } = container;
  const given = config.gpus === null || config.gpus.injection === 'none' ? null : config.gpus.ids;
  const gpus = container.claimByHand ?? given;
  if (gpus === null || !isUp(container)) return [];
  return [{ containerId: id, containerName: name, labels: config.labels, gpus }];
};

/** Variables that MLEnv sets itself stand in no observed config. */
export const observedEnv = (
  env: Readonly<Record<string, string>>,
  gpus: GpuAccess | null,
): Readonly<Record<string, string>> => {
  const rest = withoutVisibleDevices(env);
  if (gpus?.injection !== 'runtime') return rest;
  const { NVIDIA_DRIVER_CAPABILITIES: _capabilities, ...others } = rest;
  return others;
};

/** What its process reads; a command that is run in it later does not see what was injected. */
export const envInside = ({ config: { env, gpus } }: MemoryContainer): Record<string, string> => ({
  ...env,
  NVIDIA_VISIBLE_DEVICES: gpus === null ? 'void' : gpus.ids.join(','),
  ...(gpus?.injection === 'device-request' || gpus?.injection === 'runtime'
    ? { NVIDIA_DRIVER_CAPABILITIES: 'compute,utility' }
    : {}),
});

export const needsGpuHook = ({ config: { gpus } }: MemoryContainer): boolean =>
  gpus?.injection === 'device-request' || gpus?.injection === 'runtime';

export const gpuHookError =
  'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: the card does not answer';
