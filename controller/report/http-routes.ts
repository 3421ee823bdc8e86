import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ApiError } from '../model/api.ts';
import type { ActionResult, Api } from '../model/api.ts';
import {
  approveOf,
  auditQueryOf,
  cordonOf,
  environmentRequestOf,
  eventQueryOf,
  freezeOf,
  historyQueryOf,
  keepOf,
  noticeQueryOf,
  testNoticeOf,
  logQueryOf,
  planPathOf,
  reconcileOf,
  refOf,
  removeOf,
  rollbackOf,
  runQueryOf,
  scopeOf,
  targetOf,
  uncordonOf,
  upOf,
} from './http-request.ts';
import { confirmOf, observeOf, thawOf } from './http-request-confirm.ts';
import {
  afterOf,
  imagesQueryOf,
  importImagesOf,
  pruneImagesOf,
  referenceOf,
  lockImagesOf,
  syncImagesOf,
  versionsQueryOf,
} from './http-request-images.ts';
import { checkQuotasOf, quotaQueryOf, setQuotaOf } from './http-request-quota.ts';
import { reportQueryOf, seriesQueryOf } from './http-request-usage.ts';
import type { Log } from './log.ts';
import { ndjson } from './ndjson.ts';
import { expositionType } from './prometheus.ts';
import { errorBody, execProtocol, httpStatus, maxBodyBytes, route, toApiError } from './wire.ts';

/** Every route but the upgrade of an exec. `closing` ends the streams that still run. */
export const apiRoutes = (options: {
  readonly api: Api;
  readonly log?: Log;
  readonly closing: AbortSignal;
}): Hono => {
  const { api, log, closing } = options;
  const app = new Hono();

  app.onError((thrown, c) => {
    const error = toApiError(thrown);
    if (error.code === 'internal') log?.error({ err: thrown, path: c.req.path }, 'request failed');
    return c.json(errorBody(error), httpStatus[error.code]);
  });
  app.notFound((c) => refuse(c, 404, new ApiError('not-found', `no such route: ${c.req.path}`)));
  app.on(
    'POST',
    '/v1/*',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (c) =>
        refuse(c, 413, new ApiError('usage', `the body is longer than ${maxBodyBytes} bytes`)),
    }),
    async (c, next) => {
      const type = c.req.header('content-type') ?? '';
      if (!/^application\/json\s*(;|$)/i.test(type))
        return refuse(c, 415, new ApiError('usage', 'the content type must be application/json'));
      return next();
    },
  );

  app.get(route.healthz, (c) => c.json({ ok: true }));
  app.get(route.version, async (c) => c.json(await api.version()));
  app.get(route.status, async (c) => c.json(await api.status(scopeOf(c.req.query()))));
  app.get(route.describe, async (c) => c.json(await api.describe(refOf(c.req.query()))));
  app.get(route.plan, async (c) => c.json(await api.plan(planPathOf(c.req.query()))));
  app.get(route.gpus, async (c) => c.json(await api.gpus()));
  app.get(route.scrape, async (c) =>
    c.body(await api.scrape(), 200, { 'content-type': expositionType }),
  );
  app.get(route.queue, async (c) => c.json(await api.queue()));
  app.get(route.quotas, async (c) => c.json(await api.quotas(quotaQueryOf(c.req.query()))));
  app.get(route.history, async (c) => c.json(await api.history(historyQueryOf(c.req.query()))));
  app.get(route.runs, async (c) => c.json(await api.runs(runQueryOf(c.req.query()))));
  app.get(route.top, async (c) => c.json(await api.top()));
  app.get(route.series, async (c) => c.json(await api.series(seriesQueryOf(c.req.query()))));
  app.get(route.report, async (c) => c.json(await api.report(reportQueryOf(c.req.query()))));
  app.get(route.notices, async (c) => c.json(await api.notices(noticeQueryOf(c.req.query()))));
  app.post(route.testNotice, async (c) =>
    c.json(await api.testNotice(testNoticeOf(await jsonBody(c)))),
  );
  app.get(route.audit, async (c) => c.json(await api.audit(auditQueryOf(c.req.query()))));

  app.get(route.images, async (c) => c.json(await api.images(imagesQueryOf(c.req.query()))));
  app.get(route.imageVersions, async (c) =>
    c.json(await api.imageVersions(versionsQueryOf(c.req.query()))),
  );
  app.get(route.showImage, async (c) => c.json(await api.showImage(referenceOf(c.req.query()))));
  app.post(route.lockImages, async (c) =>
    c.json(await api.lockImages(lockImagesOf(await jsonBody(c)))),
  );
  app.get(route.exportImages, async (c) => c.json(await api.exportImages(afterOf(c.req.query()))));
  app.post(route.importImages, async (c) =>
    c.json(await api.importImages(importImagesOf(await jsonBody(c)))),
  );
  app.post(route.pruneImages, async (c) =>
    c.json(await api.pruneImages(pruneImagesOf(await jsonBody(c)))),
  );

  const action = (path: string, act: (body: unknown) => Promise<ActionResult>): void => {
    app.post(path, async (c) => c.json(await act(await jsonBody(c))));
  };
  action(route.up, (body) => api.up(upOf(body)));
  action(route.down, (body) => api.down(targetOf(body)));
  action(route.remove, (body) => api.remove(removeOf(body)));
  action(route.restart, (body) => api.restart(environmentRequestOf(body)));
  action(route.keep, (body) => api.keep(keepOf(body)));
  action(route.approve, (body) => api.approve(approveOf(body)));
  action(route.suspend, (body) => api.suspend(environmentRequestOf(body)));
  action(route.resume, (body) => api.resume(environmentRequestOf(body)));
  action(route.rollback, (body) => api.rollback(rollbackOf(body)));
  action(route.confirm, (body) => api.confirm(confirmOf(body)));
  action(route.freeze, (body) => api.freeze(freezeOf(body)));
  action(route.thaw, (body) => api.thaw(thawOf(body)));
  action(route.observe, (body) => api.observe(observeOf(body)));
  action(route.cordon, (body) => api.cordon(cordonOf(body)));
  action(route.uncordon, (body) => api.uncordon(uncordonOf(body)));
  action(route.setQuota, (body) => api.setQuota(setQuotaOf(body)));
  app.post(route.checkQuotas, async (c) =>
    c.json(await api.checkQuotas(checkQuotasOf(await jsonBody(c)))),
  );
  action(route.syncImages, (body) => api.syncImages(syncImagesOf(body)));
  action(route.reconcile, (body) => api.reconcile(reconcileOf(body)));

  app.get(route.events, (c) => {
    const query = eventQueryOf(c.req.query());
    return ndjson((signal) => api.events(query, signal), closing);
  });
  app.get(route.logs, (c) => {
    const ref = refOf(c.req.query());
    const wanted = logQueryOf(c.req.query());
    return ndjson((signal) => base64Chunks(api.logs(ref, wanted, signal)), closing);
  });
  app.post(route.exec, (c) => {
    c.header('upgrade', execProtocol);
    return refuse(c, 426, new ApiError('usage', `exec needs "Upgrade: ${execProtocol}"`));
  });
  return app;
};

async function* base64Chunks(chunks: ReturnType<Api['logs']>): AsyncGenerator<object> {
  for await (const { stream, data } of chunks)
    yield { stream, data: Buffer.from(data).toString('base64') };
}

const jsonBody = async (c: Context): Promise<unknown> => {
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('usage', 'the body is not JSON');
  }
};

const refuse = (c: Context, status: ContentfulStatusCode, error: ApiError): Response =>
  c.json(errorBody(error), status);
