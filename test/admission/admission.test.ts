import { describe, expect, it } from 'vitest';
import { noUsage } from '../../controller/admission/gate.ts';
import { decideAdmission } from '../../controller/admission/admission.ts';
import { ledger, lease, path, port, quotas, request, told } from '../support/admission-builders.ts';

describe('admission', () => {
  it('serves who came first, whatever the order of the list', () => {
    const late = request({ environment: 'a', requestedAt: 2, ports: [port()] });
    const early = request({ environment: 'b', requestedAt: 1, ports: [port()] });
    const answers = decideAdmission([late, early], ledger());
    expect(answers.map(({ key }) => key)).toEqual(['p1/b', 'p1/a']);
    expect(answers.map(told)).toEqual([
      'grant 8888',
      'wait PortInUse: 127.0.0.1:8888 is held by vision/b',
    ]);
  });

  it('counts each grant before the next request is asked', () => {
    const requests = ['a', 'b', 'c'].map((environment) =>
      request({ environment, cpus: 4, ports: [port({ host: 'auto' })] }),
    );
    const answers = decideAdmission(requests, ledger({ quotas: quotas({ maxCpuCores: 8 }) }));
    expect(answers.map(told)).toEqual([
      'grant 20000',
      'grant 20001',
      'wait QuotaExceeded: the project has 8 of 8 CPU cores in use and this needs 4',
    ]);
  });

  it('lets a small one pass behind a large one that has to wait', () => {
    const answers = decideAdmission(
      [request({ environment: 'large', cpus: 9 }), request({ environment: 'small', cpus: 1 })],
      ledger({ quotas: quotas({ maxCpuCores: 8 }) }),
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['wait', 'grant']);
  });

  it('counts a container that is there once', () => {
    const full = {
      quotas: quotas({ maxContainers: 1 }),
      usage: new Map([[path, { ...noUsage, containers: 1 }]]),
    };
    const [own, other] = decideAdmission(
      [
        request({ environment: 'a', held: { ...noUsage, containers: 1 } }),
        request({ environment: 'b' }),
      ],
      ledger(full),
    );
    expect(own?.kind).toBe('grant');
    expect(told(other)).toBe(
      'wait QuotaExceeded: the project has 1 of 1 containers in use and this needs 1',
    );
  });

  it('frees at once what a request no longer needs', () => {
    const answers = decideAdmission(
      [
        request({ environment: 'a', ports: [port({ host: 9999 })] }),
        request({ environment: 'b', requestedAt: 1, ports: [port()] }),
      ],
      ledger({ leases: [lease({ environment: 'a' })] }),
    );
    expect(answers.map(told)).toEqual(['grant 9999', 'grant 8888']);
  });
});
