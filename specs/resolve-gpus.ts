import type { Environment } from '../controller/model/environment.ts';
import type { GpuWish } from '../controller/model/gpu.ts';
import { fault, fieldName, type Fault, type Path } from './fault.ts';
import { sizeOf, type Range, type Report } from './resolve-scalars.ts';
import { quoted } from './safe-text.ts';
import type { SpecGpuMap, SpecGpuModel } from './types.generated.ts';

/** null: no card. */
export const gpusOf = (
  gpus: number | 'all' | SpecGpuMap,
  path: Path,
  report: Report,
): GpuWish | null => {
  if (typeof gpus === 'object') return fromMap(gpus, path, report);
  return gpus === 0 ? null : { ...plain, count: gpus };
};

/** Where a change would need a word, this needs one too; and a job has its one run. */
export const onGpuLostOf = (
  gpus: number | 'all' | SpecGpuMap | undefined,
  { updates, restart }: Pick<Environment, 'updates' | 'restart'>,
): Environment['onGpuLost'] =>
  (typeof gpus === 'object' ? gpus.onLost : undefined) ??
  (updates === 'manual' || restart === 'never'
    ? 'report'
    : updates === 'whenIdle'
      ? 'recreateWhenIdle'
      : 'recreate');

const plain: GpuWish = {
  count: 1,
  memory: null,
  models: [],
  devices: [],
  mig: null,
  sharing: 'exclusive',
  optional: false,
};

const fromMap = (map: SpecGpuMap, path: Path, report: Report): GpuWish | null => {
  const devices = [...new Set((map.devices ?? []).map(String))];
  const isSlice = map.mig !== undefined;
  const count = map.count ?? (isSlice || devices.length === 0 ? 1 : devices.length);
  if (count === 0) return null;
  for (const one of [sliceFault(map, count, path), deviceFault({ map, devices, count, path })]) {
    if (one !== null) report(one);
  }
  return {
    count,
    memory: map.memory === undefined ? null : memoryOf(map.memory, [...path, 'memory'], report),
    models: map.model === undefined ? [] : modelsOf(map.model, [...path, 'model'], report),
    devices,
    mig: map.mig ?? null,
    sharing: map.sharing ?? 'exclusive',
    optional: map.optional ?? false,
  };
};

const sliceFault = ({ mig }: SpecGpuMap, count: GpuWish['count'], path: Path): Fault | null => {
  if (mig === undefined || count === 1) return null;
  const at = [...path, 'mig'];
  return fault('E_CONFLICT', at, {
    at: 'key',
    message: `${fieldName(at)} cannot stand beside count: ${count}`,
    hint: 'a CUDA process sees one slice only: make it count: 1, and an environment for each slice',
  });
};

const deviceFault = ({
  map,
  devices,
  count,
  path,
}: {
  readonly map: SpecGpuMap;
  readonly devices: readonly string[];
  readonly count: GpuWish['count'];
  readonly path: Path;
}): Fault | null => {
  // Slices are found by their profile, so that one is never taken for a whole card.
  const slice = devices.find((device) => device.startsWith('MIG-'));
  if (slice !== undefined && map.mig === undefined) {
    return fault('E_REQUIRED', [...path, 'devices'], {
      message: `${quoted(slice)} is a slice of a card, and ${fieldName([...path, 'mig'])} is missing`,
      hint: 'add mig: with its profile, such as 1g.10gb; nvidia-smi -L shows it',
    });
  }
  if (devices.length === 0 || count === 'all' || count <= devices.length) return null;
  return fault('E_RANGE', [...path, 'count'], {
    message: `count: ${count} of ${devices.length} ${devices.length === 1 ? 'device' : 'devices'}`,
    hint: 'name more devices, or ask for fewer',
  });
};

const modelsOf = (model: SpecGpuModel, path: Path, report: Report): readonly string[] => {
  const parts = [model].flat().flatMap((text) => text.split('|').map((part) => part.trim()));
  if (parts.includes('')) {
    // It would fit every card.
    report(
      fault('E_FORMAT', path, {
        message: `${fieldName(path)} has an empty name in it`,
        hint: 'write H100, or "H100|A100"',
      }),
    );
  }
  return [...new Set(parts)];
};

const memoryRange: Range = { min: 2 ** 20, max: 2 ** 50, says: '1MB or more' };

const memoryOf = (text: string, path: Path, report: Report): NonNullable<GpuWish['memory']> => {
  const [, sign, size = ''] = /^(>=|<=|>|<|=)? ?(.*)$/.exec(text) ?? [];
  return {
    compare: isComparison(sign) ? sign : '>=',
    bytes: sizeOf(size, path, memoryRange, report),
  };
};

const isComparison = (
  sign: string | undefined,
): sign is NonNullable<GpuWish['memory']>['compare'] => sign !== undefined && sign !== '';
