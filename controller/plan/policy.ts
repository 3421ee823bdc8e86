import type { ObservedContainer } from '../model/container.ts';
import { isSystemPath, loaderFault } from '../model/policy-env.ts';
import { policyRule, ruleText, type PolicyRuleId } from '../model/policy.ts';
import type { Facts } from './input.ts';
import { hold, type Verdict } from './verdict.ts';

/**
 * Asked of a container before each start. What it has beyond the payload was not made by MLEnv; what
 * its image brings along shows here for the first time. Neither is removed, so that it is not made for
 * ever, and what was granted is given back meanwhile.
 */
export const refusedStart = (facts: Facts, container: ObservedContainer): Verdict | null => {
  const [excess] = container.excess;
  const patch = facts.record.grantedAt === null ? {} : { patch: { grantedAt: null } };
  if (excess !== undefined) {
    return hold(
      'PayloadMismatch',
      `not started, as it is not what was asked for: ${ruleText(excess.rule, excess.message)}; docker rm ${container.name}, and it is made anew`,
      patch,
    );
  }
  const brought = broughtByImage(container, facts).find(
    ({ rule }) => !facts.policy.opened.includes(rule),
  );
  return brought === undefined
    ? null
    : hold(
        'PolicyRefused',
        `${ruleText(brought.rule, brought.message)}. ${policyRule(brought.rule).cure}`,
        patch,
      );
};

const broughtByImage = (
  { config }: ObservedContainer,
  { context }: Pick<Facts, 'context'>,
): readonly { readonly rule: PolicyRuleId; readonly message: string }[] => [
  ...(isSystemPath(config.workdir ?? '')
    ? [
        {
          rule: 'MLE-SEC-022',
          message: 'the working directory is in a folder of the kernel',
        } as const,
      ]
    : []),
  ...(config.gpus === null ? [] : Object.entries(config.env))
    // Where the image looks for libraries is its own affair: a folder of its own is none of the host.
    .filter(([name]) => name !== 'LD_LIBRARY_PATH')
    .flatMap(([name, value]) => loaderFault(name, value) ?? [])
    .map((message) => ({ rule: 'MLE-SEC-029', message }) as const),
  ...(context.level === 'strict' && isRoot(config.user ?? '')
    ? [{ rule: 'MLE-SEC-028', message: 'it would run as root, as its image says' } as const]
    : []),
];

const isRoot = (user: string): boolean => /^(root|0*)(:|$)/.test(user);
