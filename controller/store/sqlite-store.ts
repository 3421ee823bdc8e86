import type { Store } from '../model/store.ts';
import { auditTable } from './audit.ts';
import { answerCache, engineImageTable } from './catalogue-answers.ts';
import { syncTable } from './catalogue-sync.ts';
import { catalogueTable } from './catalogue.ts';
import { conditionTable } from './conditions.ts';
import { transactionOf } from './connection.ts';
import type { Connection } from './connection.ts';
import { containerTable } from './containers.ts';
import { environmentTable } from './environments.ts';
import { eventTable } from './events.ts';
import { generationTable } from './generations.ts';
import { gpuTable } from './gpus.ts';
import { healthTable } from './health.ts';
import { holdTable } from './holds.ts';
import { idleTable } from './idle.ts';
import { intentTable } from './intents.ts';
import { metaTable } from './meta.ts';
import { metricsTable } from './metrics.ts';
import { noticeTable } from './notices.ts';
import { peopleTable } from './people.ts';
import { pinTable } from './pins.ts';
import { portTable } from './ports.ts';
import { projectTable } from './projects.ts';
import { quotaTable } from './quotas.ts';
import { runTable } from './runs.ts';
import { sourceTable } from './sources.ts';
import { troubleTable } from './troubles.ts';
import { upkeepTable } from './upkeep.ts';
import { usageTable } from './usage.ts';
import { volumeTable } from './volumes.ts';

/** The record over one connection; every statement is prepared here, once. `close` closes the connection. */
export const storeOf = (db: Connection): Store => {
  const transaction = transactionOf(db);
  return {
    transaction,
    projects: projectTable(db, transaction),
    environments: environmentTable(db, transaction),
    holds: holdTable(db),
    conditions: conditionTable(db, transaction),
    events: eventTable(db, transaction),
    intents: intentTable(db, transaction),
    containers: containerTable(db, transaction),
    ports: portTable(db, transaction),
    quotas: quotaTable(db, transaction),
    people: peopleTable(db, transaction),
    gpus: gpuTable(db, transaction),
    volumes: volumeTable(db, transaction),
    sources: sourceTable(db),
    generations: generationTable(db),
    runs: runTable(db),
    troubles: troubleTable(db),
    notices: noticeTable(db),
    meta: metaTable(db),
    audit: auditTable(db),
    upkeep: upkeepTable(db),
    metrics: metricsTable(db, transaction),
    idle: idleTable(db),
    usage: usageTable(db),
    health: healthTable(db),
    pins: pinTable(db),
    catalogue: catalogueTable(db, transaction),
    syncs: syncTable(db, transaction),
    answers: answerCache(db),
    engineImages: engineImageTable(db, transaction),
    close: () => {
      db.close();
    },
  };
};
