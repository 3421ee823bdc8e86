import { posix } from 'node:path';
import type { PolicyConfig, PolicyException } from '../../controller/model/config.ts';
import { isPolicyRule, policyRule, policyRuleIds } from '../../controller/model/policy.ts';
import { fault, type Path } from '../fault.ts';
import { nearest } from '../nearest.ts';
import type { Report } from '../resolve-scalars.ts';
import { quoted } from '../safe-text.ts';
import type { ConfigValues, ExceptionValue } from './values.ts';

export const policyOf = (values: ConfigValues, report: Report): PolicyConfig => ({
  level: values['policy.level'],
  images: values['policy.images'],
  exceptions: values['policy.exceptions'].flatMap((one, index) =>
    exceptionOf(one, ['policy', 'exceptions', index], report),
  ),
});

const exceptionOf = (
  { rule, project, until, reason }: ExceptionValue,
  path: Path,
  report: Report,
): readonly PolicyException[] => {
  const at = momentOf(until);
  if (at === null) {
    const message = `there is no such day or time as ${quoted(until)}`;
    report(fault('E_RANGE', [...path, 'until'], { message, hint: 'write it as 2027-01-31' }));
  }
  if (!isPolicyRule(rule)) {
    const meant = nearest(rule, policyRuleIds);
    const hint =
      meant === null ? 'mlenv policy rules lists them' : `did you mean ${quoted(meant)}?`;
    report(
      fault('E_VALUE', [...path, 'rule'], { message: `there is no rule ${quoted(rule)}`, hint }),
    );
    return [];
  }
  if (policyRule(rule).opens === 'never') {
    const message = `${rule} may never be opened: ${policyRule(rule).title}`;
    const hint = 'mlenv policy rules tells which may';
    report(fault('E_VALUE', [...path, 'rule'], { message, hint }));
  }
  return [{ rule, project: posix.resolve('/', project), until: at ?? 0, reason }];
};

/** A date is good through its last moment. null: the calendar has no such one. */
const momentOf = (text: string): number | null => {
  const [day = '', time] = text.split('T');
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // The parser rolls a 30th of February over.
  const known = !Number.isNaN(midnight) && new Date(midnight).toISOString().slice(0, 10) === day;
  const at = time === undefined ? midnight + 86_400_000 : Date.parse(text);
  return known && !Number.isNaN(at) ? at : null;
};
