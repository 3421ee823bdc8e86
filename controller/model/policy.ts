import { policyRules, type PolicyRule } from './policy-rules.ts';

export {
  policyRules,
  type PolicyLevel,
  type PolicyRule,
  type PolicyStage,
} from './policy-rules.ts';

export type PolicyRuleId = keyof typeof policyRules;

export const policyRuleIds = Object.keys(policyRules) as readonly PolicyRuleId[];

export const policyRule = (id: PolicyRuleId): PolicyRule => policyRules[id];

export const isPolicyRule = (text: string): text is PolicyRuleId =>
  Object.hasOwn(policyRules, text);

/** `MLE-SEC-001: privileged …`: how every refusal begins, in a file, in status and in events. */
export const ruleText = (rule: PolicyRuleId, message: string): string => `${rule}: ${message}`;

/** The rule of a message that `ruleText` wrote; null: it is of another kind. */
export const ruleIn = (message: string): PolicyRuleId | null => {
  const [id = ''] = message.split(':');
  return isPolicyRule(id) ? id : null;
};

/** What breaks a rule, and where in the environment. */
export interface PolicyFault {
  readonly rule: PolicyRuleId;
  /** `['ports', 0]`, from the environment down. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}
