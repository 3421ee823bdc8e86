import type { UlimitWish } from '../controller/model/environment.ts';
import { fault, fieldName, type Path } from './fault.ts';
import type { Report } from './resolve-scalars.ts';
import type { SpecUlimitNumber, SpecUlimits } from './types.generated.ts';

/** What PyTorch wants: locked memory without a bound, and a stack for its worker threads. */
const builtIn: SpecUlimits = { memlock: -1, stack: 67_108_864 };

/** By name, in alphabetical order. */
export const ulimitsOf = (
  ulimits: SpecUlimits,
  path: Path,
  report: Report,
): readonly UlimitWish[] =>
  Object.entries({ ...builtIn, ...ulimits })
    .map(([name, limit]) => {
      const { soft, hard } = typeof limit === 'object' ? limit : { soft: limit, hard: limit };
      const byDefault = !Object.hasOwn(ulimits, name);
      const wish = { name, soft: numberOf(soft), hard: numberOf(hard), byDefault };
      if (wish.hard !== -1 && (wish.soft === -1 || wish.soft > wish.hard)) {
        const message = `${fieldName([...path, name])}: soft is above hard`;
        report(fault('E_RANGE', [...path, name], { message, hint: 'lower soft, or raise hard' }));
      }
      return wish;
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));

const numberOf = (limit: SpecUlimitNumber): number => (limit === 'unlimited' ? -1 : limit);
