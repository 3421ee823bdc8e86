import type { GpuInjection } from '../model/gpu.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import { cdiPrefix } from './translate.ts';

/**
 * How cards get into a container on this engine: CDI where its devices are named by uuid, as only
 * then an allocation means the same card to both; else NVIDIA's runtime; else a device request, which
 * an older engine does not tell whether it can fulfil.
 */
export const injectionOf = (
  wanted: GpuInjection | 'auto',
  { cdiDevices, runtimes }: Pick<EngineInfo, 'cdiDevices' | 'runtimes'>,
): GpuInjection => {
  if (wanted !== 'auto') return wanted;
  if (cdiDevices.some((name) => /^(GPU|MIG)-/.test(name.replace(cdiPrefix, '')))) return 'cdi';
  return runtimes.includes('nvidia') ? 'runtime' : 'device-request';
};
