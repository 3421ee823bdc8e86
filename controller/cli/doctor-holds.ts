import type { HostHold } from '../model/freeze.ts';
import type { DoctorCheck } from './ports.ts';

/** Not a fault, and yet the reason why nothing happens. */
export const holdChecks = (holds: readonly HostHold[]): readonly DoctorCheck[] =>
  holds.map(({ reason, message }) => ({ ...checks[reason], status: 'WARN', message }));

const checks = {
  Observing: {
    name: 'observing',
    cure: 'mlenv observe shows what MLEnv would do; mlenv observe off lets it do that',
  },
  Frozen: { name: 'frozen', cure: 'mlenv thaw lets it go on' },
} as const satisfies Record<HostHold['reason'], Pick<DoctorCheck, 'name' | 'cure'>>;
