import type { StopCause } from '../../controller/model/run.ts';
import type { Plan } from '../../controller/model/plan.ts';
import type { StepKind } from '../../controller/model/step.ts';
import type { Scene } from '../support/plan-builders.ts';

/** One row of a rules table, in one situation. What `expected` leaves out is empty, false or null. */
export interface RuleCase {
  /** `table/id` */
  readonly rule: string;
  readonly when: string;
  readonly scene: Scene;
  readonly expected: Pick<Plan, 'reason' | 'phase'> &
    Partial<Pick<Plan, 'patch' | 'needsGrant' | 'forget' | 'lookAgainAfterMs'>> & {
      readonly steps?: readonly StepKind[];
      /** Why the container `c1` is stopped by its first step. */
      readonly stops?: StopCause;
    };
}
