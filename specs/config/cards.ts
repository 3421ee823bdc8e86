import { posix } from 'node:path';
import type { GpuConfig } from '../../controller/model/config.ts';
import { fault, type Path } from '../fault.ts';
import { quoted } from '../safe-text.ts';
import type { Report } from '../resolve-scalars.ts';
import type { ConfigValues } from './values.ts';

/** Cards that the configuration names, each in one place: it cannot be kept from all and given to some. */
export const declaredCards = (
  values: ConfigValues,
  report: Report,
): Pick<GpuConfig, 'exclude' | 'shared' | 'reserved'> => {
  const { 'gpu.exclude': exclude, 'gpu.shared': shared, 'gpu.reserved': reserved } = values;
  const placeOf = new Map<string, string>();
  const noteAll = (gpus: readonly (number | string)[], place: string, path: Path): void => {
    for (const [index, device] of gpus.map(deviceOf).entries()) {
      const first = placeOf.get(device) ?? place;
      placeOf.set(device, first);
      if (first === place) continue;
      const message = `${quoted(device)} stands in ${first} already`;
      const hint = 'keep it in one of them';
      report(fault('E_CONFLICT', [...path, index], { message, hint }));
    }
  };
  noteAll(exclude, 'gpu.exclude', ['gpu', 'exclude']);
  for (const [at, { gpus }] of shared.entries()) {
    noteAll(gpus, `gpu.shared[${at}]`, ['gpu', 'shared', at, 'gpus']);
  }
  for (const [at, { gpus }] of reserved.entries()) {
    noteAll(gpus, `gpu.reserved[${at}]`, ['gpu', 'reserved', at, 'gpus']);
  }
  return {
    exclude: exclude.map(deviceOf),
    shared: shared.map(({ gpus, slots }) => ({ gpus: gpus.map(deviceOf), slots })),
    reserved: reserved.map(({ gpus, for: { projects = [], users = [] } }) => ({
      gpus: gpus.map(deviceOf),
      for: { projects: projects.map((folder) => posix.resolve('/', folder)), users },
    })),
  };
};

/** `05` and 5 are one card. */
const deviceOf = (device: number | string): string =>
  /^[0-9]+$/.test(String(device)) ? String(Number(device)) : String(device);
