import { posix } from 'node:path';
import { forbiddenSource } from '../controller/model/policy-paths.ts';
import { policyRule, ruleText, type PolicyRuleId } from '../controller/model/policy.ts';
import { fault, type Fault, type Path } from './fault.ts';
import { fold, forbiddenField } from './policy-fields.ts';
import { quoted } from './safe-text.ts';

/** A refusal by a rule: the message begins with its id, the hint is its cure. */
export const policyFault = (
  rule: PolicyRuleId,
  path: Path,
  { message, at = 'value' }: { readonly message: string; readonly at?: 'key' | 'value' },
): Fault =>
  fault('E_POLICY', path, {
    at,
    message: ruleText(rule, message),
    hint: hintOf(policyRule(rule).cure),
  });

/** As hints are written: a clause, without its full stop. */
const hintOf = (cure: string): string =>
  `${cure.charAt(0).toLowerCase()}${cure.slice(1).replace(/\.$/, '')}`;

/**
 * Rights that a file asks for and never gets, in any spelling and at any depth: told by the rule that
 * forbids them, where the schema alone would only say that there is no such field.
 */
export const attackFaults = (file: unknown): readonly Fault[] => {
  const faults: Fault[] = [];
  walk(file, [], faults);
  return faults;
};

const walk = (value: unknown, path: Path, faults: Fault[]): void => {
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) {
      if (typeof one === 'string') faults.push(...valueFaults(one, [...path, index]));
      else walk(one, [...path, index], faults);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    const here = [...path, name];
    const isName = path.length === 1 && path[0] === 'environments';
    // Names and words of the user's own.
    if (!isName && name.startsWith('x-')) continue;
    const rule = isName ? null : forbiddenField(name, path);
    if (rule !== null) {
      const message = `no file may say ${quoted(name)}`;
      faults.push(policyFault(rule, here, { message, at: 'key' }));
    } else if (typeof one === 'string') faults.push(...valueFaults(one, here));
    else if (!isFree(here)) walk(one, here, faults);
  }
};

/** Maps whose keys are the user's own, in an environment and in defaults. */
const isFree = (path: Path): boolean => {
  const field = path.at(-1);
  const depth = path[0] === 'environments' ? 3 : path[0] === 'defaults' ? 2 : 0;
  return path.length === depth && ['env', 'labels', 'dependsOn'].includes(String(field));
};

/** What is said by a value, where the field itself is one of ours or looks like it. */
const valueFaults = (value: string, path: Path): readonly Fault[] => {
  const words = path.map((part) => (typeof part === 'string' ? fold(part) : ''));
  const last = words.findLast((word) => word !== '') ?? '';
  const within = (...names: readonly string[]): boolean =>
    words.some((word) => names.includes(word));
  const isText = within('env', 'labels', 'command', 'entrypoint');
  if (isText) return [];
  if (within('network', 'networks', 'networkmode', 'net') && isForeignNetwork(value)) {
    const message = 'it asks for a network that is not its own';
    return [policyFault('MLE-SEC-004', path, { message })];
  }
  const isRestart = last === 'restart' || (last === 'when' && within('restart'));
  if (isRestart && /^(unless-stopped|on-failure:.*|no)$/i.test(value)) {
    return [policyFault('MLE-SEC-017', path, { message: 'that is a rule of Docker for restarts' })];
  }
  const isSource = last === 'source' || last === 'src';
  const isShort = last === 'mounts' || last === 'volumes';
  if (!isSource && !isShort) return [];
  const [source = ''] = isShort ? value.split(':') : [value];
  const what = source.startsWith('/') ? forbiddenSource(posix.resolve(source)) : null;
  const socket = source.endsWith('.sock') ? 'a socket' : null;
  return what === null && socket === null
    ? []
    : [policyFault('MLE-SEC-014', path, { message: `nobody may bind ${what ?? socket}` })];
};

const isForeignNetwork = (value: string): boolean =>
  /^\s*(host|(container|service|ns|pod):.*)\s*$/i.test(value);
