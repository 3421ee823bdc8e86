import type { GpuWish } from '../controller/model/gpu.ts';
import { fault, fieldName, type Path } from './fault.ts';
import { sizeOf, type Range, type Report } from './resolve-scalars.ts';
import type { SpecGpuMap } from './types.generated.ts';

/** null: no card. */
export const gpusOf = (
  gpus: number | 'all' | SpecGpuMap,
  path: Path,
  report: Report,
): GpuWish | null => {
  if (typeof gpus === 'object') return fromMap(gpus, path, report);
  return gpus === 0 ? null : { ...plain, count: gpus };
};

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
  const count = map.count ?? (devices.length === 0 ? 1 : devices.length);
  if (count === 0) return null;
  if (map.mig !== undefined && count !== 1) {
    report(
      fault('E_CONFLICT', [...path, 'mig'], {
        at: 'key',
        message: `${fieldName([...path, 'mig'])} cannot stand beside count: ${count}`,
        hint: 'a CUDA process sees one slice only: make it count: 1, and an environment for each slice',
      }),
    );
  }
  if (devices.length > 0 && typeof count === 'number' && count > devices.length) {
    report(
      fault('E_RANGE', [...path, 'count'], {
        message: `count: ${count} of ${devices.length} devices`,
        hint: 'name more devices, or ask for fewer',
      }),
    );
  }
  return {
    count,
    memory: map.memory === undefined ? null : memoryOf(map.memory, [...path, 'memory'], report),
    models: (map.model ?? '')
      .split('|')
      .map((model) => model.trim())
      .filter((model) => model !== ''),
    devices,
    mig: map.mig ?? null,
    sharing: map.sharing ?? 'exclusive',
    optional: map.optional ?? false,
  };
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
