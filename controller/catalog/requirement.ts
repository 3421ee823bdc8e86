/** All of its conditions must hold. Of several requirements one is enough. */
export type Requirement = readonly Condition[];

export interface Condition {
  /** `cuda`, `driver`, `brand`, `arch` */
  readonly subject: string;
  readonly operator: '>=' | '<=' | '!=' | '=' | '>' | '<';
  readonly value: string;
}

/** `cuda>=12.4 brand=tesla,driver>=470,driver<471`: a space is "or", a comma is "and". */
export const parseRequirement = (source: string): readonly Requirement[] =>
  source
    .split(/\s+/)
    .filter((group) => group !== '')
    .map((group) => group.split(',').map(conditionOf));

const conditionOf = (source: string): Condition => {
  const [, subject = source, operator = '=', value = ''] =
    /^([a-z]+)(>=|<=|!=|=|>|<)(.+)$/.exec(source) ?? [];
  return { subject, operator: operator as Condition['operator'], value };
};

/** What a host has; null: unknown. */
export interface RequirementHost {
  /** As nvidia-smi tells it: `12.2`. */
  readonly cuda: string | null;
  /** `535.104.05` */
  readonly driver: string | null;
  /** `tesla`, `geforce` */
  readonly brand: string | null;
  /** Compute capability: `8.0`. */
  readonly arch: string | null;
}

/** Whether the runtime would start the image there; null: what would decide it is not known of the host. */
export const meets = (
  requirements: readonly Requirement[],
  host: RequirementHost,
): boolean | null => {
  if (requirements.length === 0) return true;
  const verdicts = requirements.map((requirement) => {
    const each = requirement.map((condition) => holds(condition, host));
    if (each.includes(false)) return false;
    return each.includes(null) ? null : true;
  });
  if (verdicts.includes(true)) return true;
  return verdicts.includes(null) ? null : false;
};

const holds = ({ subject, operator, value }: Condition, host: RequirementHost): boolean | null => {
  const known = { cuda: host.cuda, driver: host.driver, arch: host.arch, brand: host.brand };
  if (!isSubject(subject)) return null;
  const has = known[subject];
  if (has === null) return null;
  const order =
    subject === 'brand' ? Number(has.toLowerCase() !== value.toLowerCase()) : compare(has, value);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    default:
      return operator satisfies never;
  }
};

const isSubject = (subject: string): subject is keyof RequirementHost =>
  ['cuda', 'driver', 'brand', 'arch'].includes(subject);

/** Part by part; what is not there is 0. */
const compare = (left: string, right: string): number => {
  const [one, two] = [left, right].map((version) => version.split('.').map(Number));
  for (let at = 0; at < Math.max(one?.length ?? 0, two?.length ?? 0); at += 1) {
    const order = (one?.[at] ?? 0) - (two?.[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
};
