/** What every driver of the last ten years answers. */
const core = [
  'index',
  'uuid',
  'name',
  'pci.bus_id',
  'memory.total',
  'memory.used',
  'utilization.gpu',
] as const;

const middle = [
  ...core,
  'temperature.gpu',
  'power.draw',
  'power.limit',
  'driver_version',
  'mig.mode.current',
  'retired_pages.pending',
  'ecc.errors.uncorrected.volatile.total',
] as const;

const full = [
  ...middle,
  'remapped_rows.pending',
  'remapped_rows.failure',
  'gpu_recovery_action',
] as const;

/**
 * A driver that does not know one field answers none, so the question shrinks in steps. Names come and
 * go with drivers: the richest set comes first.
 */
export const fieldSets: readonly (readonly string[])[] = [full, middle, core];

/** Fields that say who a card is; the others are measured. */
export const identityFields: readonly string[] = [
  'index',
  'uuid',
  'name',
  'pci.bus_id',
  'driver_version',
];

/** The field that this driver does not know; null: the answer is about something else. */
export const unknownField = (output: string): string | null =>
  /Field "([^"]*)" is not a valid field to query/.exec(output)?.[1] ?? null;
