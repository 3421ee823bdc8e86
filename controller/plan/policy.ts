import { bindsOf, type ObservedContainer } from '../model/container.ts';
import { identityFault } from '../model/identity.ts';
import { isSystemPath, loaderFault } from '../model/policy-env.ts';
import { policyRule, ruleText, type PolicyFault, type PolicyRuleId } from '../model/policy.ts';
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
  return brought === undefined ? null : hold('PolicyRefused', refusalText(brought), patch);
};

/** `MLE-SEC-035: it would run as root …. Write user: host …` */
export const refusalText = ({ rule, message }: Pick<PolicyFault, 'rule' | 'message'>): string =>
  `${ruleText(rule, message)}. ${policyRule(rule).cure}`;

const broughtByImage = (
  { config }: ObservedContainer,
  { context, policy }: Pick<Facts, 'context' | 'policy'>,
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
  ...[identityOf(config, { context, policy })].filter((fault) => fault !== null),
  ...(context.level === 'strict' && isRoot(config.user ?? '')
    ? [{ rule: 'MLE-SEC-028', message: 'it would run as root, as its image says' } as const]
    : []),
];

const identityOf = (
  { user, mounts }: ObservedContainer['config'],
  { context, policy }: Pick<Facts, 'context' | 'policy'>,
): ReturnType<typeof identityFault> =>
  identityFault({
    user: user ?? '',
    owner: policy.identity ?? null,
    // Our own folder of secrets is none of the host's people.
    binds: bindsOf(mounts).filter(
      ({ source, readOnly }) => !(readOnly && source.startsWith(`${context.secretsRoot}/`)),
    ),
  });

const isRoot = (user: string): boolean => /^(root|0*)(:|$)/.test(user);
