import type { GpuHealth } from '../../model/gpu.ts';
import { identityFields } from './fields.ts';
import type { Row } from './parse-csv.ts';

/** What one row says about its card. One bad sign is enough; a sign that is not told is none. */
export const healthOf = (row: Row): GpuHealth => {
  const cells = [...row.raw.values()];
  if (cells.some((cell) => /GPU is lost/i.test(cell))) {
    return { state: 'lost', why: 'the driver says: GPU is lost' };
  }
  const signs = [
    cells.some((cell) => /GPU requires reset/i.test(cell))
      ? 'the driver says: GPU requires reset'
      : null,
    isAllError(row) ? 'the driver answers nothing but errors for it' : null,
    recoverySign(row.text('gpu_recovery_action')),
    isYes(row.text('remapped_rows.failure'))
      ? 'remapping of memory rows failed: replace the card'
      : null,
    isYes(row.text('remapped_rows.pending')) ? 'remapped memory rows wait for a reset' : null,
    isYes(row.text('retired_pages.pending')) ? 'retired memory pages wait for a reset' : null,
    eccSign(row.number('ecc.errors.uncorrected.volatile.total')),
  ].filter((sign) => sign !== null);
  return signs.length === 0
    ? { state: 'healthy', why: '' }
    : { state: 'unhealthy', why: signs.join('; ') };
};

const isAllError = ({ raw }: Row): boolean => {
  const measured = [...raw].filter(([field]) => !identityFields.includes(field));
  return (
    measured.length > 0 &&
    measured.every(([, cell]) => /^(?:\[?Unknown Error\]?|ERR!)$/i.test(cell))
  );
};

const recoverySign = (action: string | null): string | null =>
  action === null || /^none$/i.test(action) ? null : `the driver asks for: ${action}`;

const eccSign = (errors: number | null): string | null =>
  errors === null || errors === 0
    ? null
    : `${errors} uncorrected memory errors since the last reset`;

/** Older drivers write a number. */
const isYes = (text: string | null): boolean =>
  text !== null && (/^yes$/i.test(text) || Number(text) > 0);
