import { familiesOf, type Family } from '../../model/series.ts';
import type { Core } from '../../reconcile/core.ts';
import { cardReadings } from './cards.ts';
import { controllerReadings } from './controller.ts';
import { environmentReadings } from './environments.ts';
import type { ScrapeFacts } from './facts.ts';
import { quotaReadings } from './quotas.ts';

/** All that is exposed, out of what is known at this moment: nobody is asked, and nothing is waited for. */
export const collect = (core: Core, facts: ScrapeFacts): readonly Family[] =>
  familiesOf({
    ...controllerReadings(core, facts),
    ...environmentReadings(core, facts),
    ...cardReadings(core),
    ...quotaReadings(core),
  });
