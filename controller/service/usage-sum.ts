import type { UsageSpent } from '../model/store-usage.ts';
import type { UsageFigures } from '../model/usage-api.ts';

/** Of one environment. */
export interface UsageOf {
  readonly spent: readonly UsageSpent[];
  readonly leasedHours: number;
}

/** Held is used, wasted and unknown: what nobody measured is none of the other two. */
export const wholeOf = ({ spent, leasedHours }: UsageOf): UsageFigures => {
  const sum = (field: Field): number => spent.reduce((total, one) => total + one[field], 0);
  const measured = sum('gpuHoursMeasured');
  const used = Math.min(sum('gpuHoursUsed'), measured);
  // A sample stands for the time before it, so that it may reach a little over the lease's end.
  const held = Math.max(leasedHours + sum('gpuHoursUnleased'), measured);
  return sumUp([
    {
      gpuHoursHeld: held,
      gpuHoursUsed: used,
      gpuHoursWasted: measured - used,
      wastePercent: null,
      gpuHoursUnknown: held - measured,
      cpuHours: sum('cpuHours'),
      memoryGibHours: sum('memoryGibHours'),
      measuredHours: sum('measuredHours'),
    },
  ]);
};

export const sumUp = (all: readonly UsageFigures[]): UsageFigures => {
  const sum = (field: Exclude<keyof UsageFigures, 'wastePercent'>): number =>
    round(all.reduce((total, one) => total + one[field], 0));
  const [used, wasted] = [sum('gpuHoursUsed'), sum('gpuHoursWasted')];
  return {
    gpuHoursHeld: sum('gpuHoursHeld'),
    gpuHoursUsed: used,
    gpuHoursWasted: wasted,
    wastePercent: used + wasted > 0 ? round((100 * wasted) / (used + wasted)) : null,
    gpuHoursUnknown: sum('gpuHoursUnknown'),
    cpuHours: sum('cpuHours'),
    memoryGibHours: sum('memoryGibHours'),
    measuredHours: sum('measuredHours'),
  };
};

type Field = Exclude<
  keyof UsageSpent,
  'projectId' | 'environment' | 'projectName' | 'projectPath' | 'userId' | 'lastAt'
>;

/** Sums of hours are no more exact than this. */
const round = (hours: number): number => Math.round(hours * 1e4) / 1e4;
