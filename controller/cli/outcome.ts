import type { StatusItem } from '../model/api.ts';
import { isReason, reasons } from '../model/reason.ts';
import type { Reason } from '../model/reason.ts';
import { oneLine } from '../report/text.ts';
import { exitCode } from './exit-codes.ts';
import type { FollowEnd } from './follow.ts';

/** How a wait ended, for the script that asked. The gravest of all environments counts. */
export const outcomeCode = (items: readonly StatusItem[], end: FollowEnd): number => {
  const codes = new Set(items.map((item) => codeOf(item)));
  for (const code of gravestFirst) if (codes.has(code)) return code;
  return end === 'reached' ? exitCode.done : exitCode.failed;
};

/** What is not as wished, and what to do about it. */
export const outcomeText = (items: readonly StatusItem[], end: FollowEnd): readonly string[] => {
  const lines: string[] = [];
  if (end === 'timeout') lines.push('The time is up; mlenv status shows how it goes on.');
  if (end === 'interrupted') lines.push('Interrupted; mlenv status shows how it goes on.');
  for (const item of items) {
    const { environment, reason, message } = item;
    if (!isReason(reason) || reasons[reason].kind === 'good') continue;
    const { says, todo } = reasons[reason];
    lines.push(`${environment}: ${reason}: ${oneLine(message) || says}`);
    if (todo !== '') lines.push(`  ${todo.replaceAll('ENV', environment)}`);
  }
  return lines;
};

const codeOf = ({ reason, ready }: StatusItem): number => {
  if (!isReason(reason)) return ready ? exitCode.done : exitCode.failed;
  if (reason === 'SpecInvalid' || reason === 'SpecUnresolved') return exitCode.invalidSpec;
  if (reason === 'EngineUnavailable' || reason === 'EngineFault') return exitCode.engine;
  if (refusals.has(reason)) return exitCode.held;
  const { kind } = reasons[reason];
  return kind === 'good' || (ready && kind !== 'failure') ? exitCode.done : exitCode.failed;
};

const gravestFirst = [exitCode.invalidSpec, exitCode.engine, exitCode.failed, exitCode.held];

/** A rule or a person holds it, not a fault of what runs. */
const refusals: ReadonlySet<Reason> = new Set([
  'PolicyRefused',
  'QuotaExceeded',
  'GpuPoolFull',
  'GpuUnsuitable',
  'GpuUnknown',
  'HostOverloaded',
  'HostTooSmall',
  'PortInUse',
  'NoFreePort',
  'NameConflict',
  'UpdatePending',
  'PruneScheduled',
  'MassRemoval',
  'OwnerChanged',
  'FolderUntrusted',
  'Suspended',
  'HeldDown',
  'HeldRemoved',
  'NotYetStarted',
  'Rebuilt',
]);
