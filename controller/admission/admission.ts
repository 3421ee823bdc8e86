import type { EnvironmentKey } from '../model/key.ts';
import type { PortLease } from '../model/record.ts';
import { noUsage, type AdmissionRequest, type GateAnswer, type Ledger } from './gate.ts';
import { portGate } from './host-ports.ts';
import { quotaGate } from './quota.ts';

export type AdmissionAnswer =
  | {
      readonly kind: 'grant';
      readonly key: EnvironmentKey;
      readonly leases: readonly PortLease[];
    }
  | (Extract<GateAnswer, { readonly kind: 'wait' }> & { readonly key: EnvironmentKey });

/**
 * The serial step: every request against everything given out, first come first served, each grant
 * counted before the next request is asked. Pure, and independent of the order of its input.
 */
export const decideAdmission = (
  requests: readonly AdmissionRequest[],
  ledger: Ledger,
): readonly AdmissionAnswer[] => {
  let current = ledger;
  return inOrder(requests).map((request) => {
    const answer = answerOne(request, current);
    if (answer.kind === 'grant') current = withGrant(current, request, answer.leases);
    return answer;
  });
};

const answerOne = (request: AdmissionRequest, ledger: Ledger): AdmissionAnswer => {
  const quota = quotaGate(request, ledger);
  if (quota.kind === 'wait') return { ...quota, key: request.key };
  const ports = portGate(request, ledger);
  if (ports.kind === 'wait') return { ...ports, key: request.key };
  return { kind: 'grant', key: request.key, leases: ports.leases };
};

const withGrant = (
  ledger: Ledger,
  request: AdmissionRequest,
  leases: readonly PortLease[],
): Ledger => {
  const used = ledger.usage.get(request.projectPath) ?? noUsage;
  return {
    ...ledger,
    leases: [
      ...ledger.leases.filter(
        (lease) =>
          lease.projectId !== request.projectId || lease.environment !== request.environment,
      ),
      ...leases,
    ],
    usage: new Map(ledger.usage).set(request.projectPath, {
      containers: used.containers + (request.hasContainer ? 0 : 1),
      cpus: used.cpus + request.cpus,
      memoryBytes: used.memoryBytes + request.memoryBytes,
    }),
  };
};

const inOrder = (requests: readonly AdmissionRequest[]): readonly AdmissionRequest[] =>
  [...requests].sort((a, b) => a.requestedAt - b.requestedAt || (a.key < b.key ? -1 : 1));
