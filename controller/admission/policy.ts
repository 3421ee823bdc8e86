import type { PolicyConfig } from '../model/config.ts';
import type { Environment, RawEnvironment } from '../model/environment.ts';
import type { OwnIds } from '../model/identity.ts';
import {
  policyRule,
  ruleText,
  type PolicyFault,
  type PolicyLevel,
  type PolicyRuleId,
} from '../model/policy.ts';
import type { Refusal } from './gate.ts';
import { policyFaults } from './policy-faults.ts';

export interface PolicyRequest {
  readonly wish: Environment;
  /** As the user wrote it: what stands in the file itself, and not in a variable. */
  readonly raw: RawEnvironment;
  readonly projectPath: string;
  /** Of the project's folder. */
  readonly ownerUid: number;
  /** Left out: as its uid. */
  readonly ownerGid?: number;
  /** Who it has to be over folders of the host; left out or null: anybody. */
  readonly identity?: OwnIds | null;
  /** The host's default where the file says nothing; null: without a limit. */
  readonly memoryBytes: number | null;
}

/** What a policy says of one wish at one moment. */
export interface PolicyVerdict {
  /** What no exception opens; empty: it may run. */
  readonly faults: readonly PolicyFault[];
  /** Rules that it would break, were there no exception. */
  readonly opened: readonly PolicyRuleId[];
}

export type PolicyAnswer =
  { readonly kind: 'admit'; readonly opened: readonly PolicyRuleId[] } | Refusal;

/** The first gate: whom it refuses is not asked about quota, cards or ports. */
export const policyGate = (
  request: PolicyRequest,
  policy: PolicyConfig,
  now: number,
): PolicyAnswer => {
  const { faults, opened } = judgePolicy(request, policy, now);
  const [first] = faults;
  return first === undefined
    ? { kind: 'admit', opened }
    : { kind: 'refuse', reason: 'PolicyRefused', message: refusalText(faults), rule: first.rule };
};

export const judgePolicy = (
  request: PolicyRequest,
  policy: PolicyConfig,
  now: number,
): PolicyVerdict => {
  const open = openRules(policy, request.projectPath, now);
  const asked = policyFaults(request, policy).filter(({ rule }) => isAsked(rule, policy.level));
  const used = asked.filter(({ rule }) => open.has(rule)).map(({ rule }) => rule);
  // Who its image runs as shows only in the container, which the same exception then lets through.
  const byImage = request.wish.user.kind === 'image' && policy.level === 'strict';
  const root = byImage && open.has(rootRule) ? [rootRule] : [];
  return {
    faults: asked.filter(({ rule }) => !open.has(rule)),
    opened: [...new Set([...used, ...root])],
  };
};

const rootRule: PolicyRuleId = 'MLE-SEC-028';

/** What the exceptions of a project open now. */
export const openRules = (
  { exceptions }: PolicyConfig,
  projectPath: string,
  now: number,
): ReadonlySet<PolicyRuleId> =>
  new Set(
    exceptions
      .filter(({ project, until }) => project === projectPath && now < until)
      .map(({ rule }) => rule)
      .filter((rule) => policyRule(rule).opens === 'exception'),
  );

/** `MLE-SEC-027: port 8888 …; Leave ip: out …`, and how many more there are. */
const refusalText = (faults: readonly PolicyFault[]): string => {
  const [first, ...more] = faults;
  if (first === undefined) return '';
  const text = `${ruleText(first.rule, first.message)}. ${policyRule(first.rule).cure}`;
  return more.length === 0 ? text : `${text} And ${more.length} more: mlenv policy test`;
};

const isAsked = (rule: PolicyRuleId, level: PolicyLevel): boolean =>
  level === 'strict' || policyRule(rule).level === 'baseline';
