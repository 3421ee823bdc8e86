import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { apiRoutes } from '../../controller/report/http-routes.ts';
import { httpStatus, route } from '../../controller/report/wire.ts';
import {
  auditItem,
  event,
  fakeApi,
  fakeWorld,
  gpuHolder,
  gpuItem,
  gpuReport,
  quotaItem,
  historyItem,
  noticeItem,
  queueReport,
  runItem,
} from '../support/api-fake.ts';
import {
  seriesPoint,
  seriesReport,
  topItem,
  topReport,
  usageItem,
  usageReport,
} from '../support/usage-builders.ts';
import {
  catalogueState,
  exportedImage,
  lockedImage,
  pruneItem,
  syncItem,
} from '../support/image-builders.ts';
import { committed } from '../support/generated.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const statusSchema: Record<string, unknown> = JSON.parse(committed('schema/status.schema.json'));
const document: Document & Record<string, unknown> = JSON.parse(committed('schema/openapi.json'));

const served = apiRoutes({ api: fakeApi(fakeWorld()), closing: new AbortController().signal })
  .routes.filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
  .map(({ method, path }) => `${method} ${path}`);

describe('schema/openapi.json', () => {
  it('is OpenAPI 3.1', async () => {
    const validator = new Validator();
    await validator.addSpecRef(structuredClone(statusSchema), 'status.schema.json');
    const result = await validator.validate(structuredClone(document));
    expect(result).toMatchObject({ valid: true });
  });

  it('describes the routes of the server, and no others', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...described].sort()).toEqual([...served].sort());
    expect(Object.keys(document.paths).sort()).toEqual(Object.values(route).sort());
  });

  it('names the status of every error', () => {
    const text = JSON.stringify(document);
    for (const [code, status] of Object.entries(httpStatus))
      expect(text).toContain(`${code} ${status}`);
  });
});

describe('its schemas, with those of status.schema.json', () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(statusSchema);
  ajv.addSchema({ ...document, $id: 'openapi.json' });
  const check = (pointer: string, value: unknown): void => {
    const validate = ajv.getSchema(pointer);
    if (validate === undefined) throw new Error(`no schema at ${pointer}`);
    expect(validate(value), `${pointer}: ${JSON.stringify(validate.errors)}`).toBe(true);
  };
  const world = fakeWorld();
  const process = { pid: 1, name: 'python', user: null, memoryBytes: null, environment: null };
  const slice = { uuid: 'MIG-1', profile: '1g.10gb', holders: [gpuHolder({ owner: null })] };
  const fullReport = {
    ...gpuReport(gpuItem({ holders: [gpuHolder()], processes: [process], slices: [slice] })),
    links: [{ from: 0, to: 1, kind: 'NV18' }],
  };
  const target = { path: '/x', environment: null, by: 'ada' };
  const use = { containers: 1, cpus: 0.5, memoryBytes: 2 ** 30, gpus: 0 };
  const ref = { path: null, project: 'vision', environment: 'db' };

  it.each([
    ['openapi.json#/components/schemas/TargetRequest', target],
    ['openapi.json#/components/schemas/UpRequest', { ...target, approve: ['db'] }],
    ['openapi.json#/components/schemas/RemoveRequest', { ...target, volumes: true }],
    ['openapi.json#/components/schemas/EnvironmentRequest', { ref, by: 'ada' }],
    ['openapi.json#/components/schemas/ReconcileRequest', { ref: null }],
    [
      'openapi.json#/components/schemas/ExecRequest',
      { ref, options: { argv: ['sh'], tty: true, stdin: true, env: {}, columns: 80, rows: null } },
    ],
    [
      'openapi.json#/components/schemas/Error',
      { error: { code: 'usage', message: 'x', diagnostics: [] } },
    ],
    [
      'openapi.json#/components/schemas/RollbackRequest',
      { scope: { kind: 'project', project: 'vision' }, revision: null, resume: false, by: 'ada' },
    ],
    ['openapi.json#/components/schemas/CordonRequest', { gpu: '3', why: '', by: 'ada' }],
    ['openapi.json#/components/schemas/UncordonRequest', { gpu: '3', by: 'ada' }],
    [
      'openapi.json#/components/schemas/SetQuotaRequest',
      {
        subject: { kind: 'group', group: 'students' },
        limits: { cpus: 2.5, memoryBytes: 0, gpus: 'inherit', containers: 'unlimited' },
        by: 'ada',
      },
    ],
    ['openapi.json#/components/schemas/CheckQuotasRequest', { repair: true, by: 'ada' }],
    [
      'status.schema.json#/$defs/QuotaReport',
      {
        items: [
          quotaItem(),
          quotaItem({ kind: 'user', name: 'ada', uid: 1000, path: null, owner: null }),
        ],
      },
    ],
    [
      'status.schema.json#/$defs/QuotaCheck',
      {
        repaired: true,
        wrong: [{ project: 'vision', path: '/srv/vision', says: use, holds: use }],
      },
    ],
    ['status.schema.json#/$defs/GpuReport', world.gpus],
    ['status.schema.json#/$defs/GpuReport', fullReport],
    ['status.schema.json#/$defs/HistoryReport', { items: [historyItem()] }],
    [
      'status.schema.json#/$defs/RunsReport',
      { items: [runItem(), runItem({ endedAt: '2025-01-01T00:00:00.000Z', exitCode: 1 })] },
    ],
    [
      'status.schema.json#/$defs/NoticeReport',
      {
        receivers: [{ name: 'lab-chat', kind: 'webhook', events: ['failure'], waiting: 0 }],
        items: [
          noticeItem(),
          noticeItem({ environment: null, nextTryAt: '2025-01-01T00:00:00.000Z' }),
        ],
      },
    ],
    ['status.schema.json#/$defs/TopReport', topReport([topItem()])],
    [
      'status.schema.json#/$defs/TopReport',
      topReport([topItem({ owner: null, sampledAt: null, gpus: null, memoryLimitBytes: null })], {
        watched: false,
        host: null,
        everyMs: null,
        sampledAt: null,
      }),
    ],
    ['status.schema.json#/$defs/SeriesReport', seriesReport([seriesPoint()])],
    [
      'status.schema.json#/$defs/UsageReport',
      usageReport(usageItem(), usageItem({ user: null, project: null, wastePercent: null })),
    ],
    ['openapi.json#/components/schemas/TestNoticeRequest', { receiver: 'lab-chat', by: 'ada' }],
    ['status.schema.json#/$defs/QueueReport', queueReport({ priority: -10 })],
    [
      'status.schema.json#/$defs/AuditReport',
      {
        items: [
          auditItem({
            why: 'x',
            before: {},
            after: {},
            source: { revision: 'c0ffee', author: null },
            count: 2,
          }),
          auditItem({ uid: null, project: null, by: 'file' }),
        ],
      },
    ],
    ['status.schema.json#/$defs/ImagesReport', world.images],
    [
      'status.schema.json#/$defs/ImagesReport',
      { catalogue: catalogueState({ syncs: [syncItem()] }), items: [] },
    ],
    ['status.schema.json#/$defs/VersionsReport', world.versions],
    ['status.schema.json#/$defs/ImageDetails', world.image],
    ['status.schema.json#/$defs/ExportedImages', { items: [exportedImage()], next: 20 }],
    ['status.schema.json#/$defs/ImportedImages', world.imported],
    ['status.schema.json#/$defs/ImagePruneReport', { items: [pruneItem()], atMostBytes: 1 }],
    [
      'openapi.json#/components/schemas/LockImagesRequest',
      {
        path: '/srv/vision',
        images: [
          {
            environment: 'train',
            asked: 'pytorch@24.05',
            choice: { framework: 'pytorch', version: '24.05', cuda: null, python: null, org: null },
            fresh: false,
          },
        ],
      },
    ],
    ['openapi.json#/components/schemas/LockImagesReport', { items: [lockedImage()] }],
    [
      'openapi.json#/components/schemas/SyncImagesRequest',
      { organization: 'nvidia', image: null, by: 'ada' },
    ],
    [
      'openapi.json#/components/schemas/ImportImagesRequest',
      { images: [exportedImage()], by: 'ada' },
    ],
    [
      'openapi.json#/components/schemas/PruneImagesRequest',
      { unusedForMs: 1, keep: 2, remove: ['a:1'], by: 'ada' },
    ],
    ['status.schema.json#/$defs/VersionInfo', world.version],
    ['status.schema.json#/$defs/Description', world.description],
    ['status.schema.json#/$defs/ProjectPlan', world.plan],
    ['status.schema.json#/$defs/Event', event()],
    ['status.schema.json#/$defs/ActionResult', world.result],
  ])('%s describes what is sent', (pointer, value) => {
    check(pointer, value);
  });

  it('does not describe everything', () => {
    expect(() => check('openapi.json#/components/schemas/TargetRequest', { by: 'ada' })).toThrow(
      /TargetRequest/,
    );
  });
});
