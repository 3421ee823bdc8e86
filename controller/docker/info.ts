import type Docker from 'dockerode';
import type { Result } from '../model/failure.ts';
import { ok } from '../model/failure.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import { call, type Deadlines, objectReply } from './call.ts';
import { clientOf } from './client.ts';
import { json, text, texts } from './shape.ts';

export interface InfoReply {
  readonly info: EngineInfo;
  readonly swapLimit: boolean;
}

export async function readInfo(from: {
  readonly docker: Docker;
  readonly deadlines: Deadlines;
  readonly apiVersion: string;
}): Promise<Result<InfoReply>> {
  const reply = await call({
    what: 'info',
    kind: 'read',
    deadlineMs: from.deadlines.readMs,
    send: (abortSignal) => clientOf(from.docker).info({ abortSignal }),
    read: (value) => {
      const said = objectReply(value);
      return said === null || text(said['ID']) === '' ? null : said;
    },
  });
  if (!reply.ok) return reply;
  const said = reply.value;
  return ok({
    swapLimit: said['SwapLimit'] === true,
    info: {
      id: text(said['ID']),
      name: text(said['Name']),
      version: text(said['ServerVersion']),
      apiVersion: from.apiVersion,
      rootDir: text(said['DockerRootDir']),
      cgroupVersion: text(said['CgroupVersion']) || '1',
      liveRestore: said['LiveRestoreEnabled'] === true,
      runtimes: Object.keys(json(said['Runtimes'])).sort(),
      rootless: texts(said['SecurityOptions']).some((option) => option.includes('name=rootless')),
    },
  });
}
