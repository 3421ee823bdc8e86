import { describe, expect, test } from 'vitest';
import { plan } from '../../controller/plan/plan.ts';
import { known, scene } from '../support/plan-builders.ts';
import { type Bench, label } from './engine-bench.ts';

export function rightsContract({ subject, given, look }: Bench): void {
  describe('rights', () => {
    test('a container that was made as asked has no right beyond that', async () => {
      for (const capDrop of [['AUDIT_WRITE', 'MKNOD', 'NET_RAW'], ['ALL'], []]) {
        const id = await given({ capDrop, capAdd: ['SETGID'] }, { start: false });
        expect((await look(id)).excess).toEqual([]);
        expect((await look(id)).config).toMatchObject({ capDrop, capAdd: ['SETGID'] });
      }
    });

    test('one that a hand made privileged under our name is told by its rule, and not started', async () => {
      const input = scene();
      const [asked] = input.snapshot.kind === 'known' ? input.snapshot.containers : [];
      if (asked === undefined) throw new Error('the scene has a container');
      const { name } = asked;
      const labels = { ...asked.labels, ...label };
      const judged = async (privileged: boolean) => {
        const id = await subject().createByHand({ name, labels, privileged });
        const { state, excess, exitCode, startedAt, ...seen } = await look(id);
        expect(seen).toMatchObject({ name, labels });
        // Of another shape it would be made anew anyway: so it is taken to have the one that was asked for.
        const container = { ...asked, id, state, excess, exitCode, startedAt };
        const decided = plan({ ...input, snapshot: known({ containers: [container] }) });
        await subject().writer.remove(id, { volumes: true });
        return { rules: excess.map(({ rule }) => rule), decided };
      };
      const { rules, decided } = await judged(true);
      expect(rules).toContain('MLE-SEC-001');
      expect(decided).toMatchObject({ steps: [], reason: 'PayloadMismatch' });
      expect(decided.message).toContain('MLE-SEC-001: it is privileged');
      const without = await judged(false);
      expect(without.rules).not.toContain('MLE-SEC-001');
    });
  });
}
