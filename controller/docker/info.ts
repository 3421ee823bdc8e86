import type Docker from 'dockerode';
import type { Result } from '../model/failure.ts';
import { ok } from '../model/failure.ts';
import type { EngineInfo } from '../model/snapshot.ts';
import { call, type Deadlines, objectReply } from './call.ts';
import { clientOf } from './client.ts';
import { json, positive, text, texts, list } from './shape.ts';

export interface InfoReply {
  readonly info: EngineInfo;
  readonly swapLimit: boolean;
  readonly defaultRuntime: string;
  readonly cpus: number | null;
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
  const [runcVersion, bootedAt] = await Promise.all([runcOf(from), bootOf(from)]);
  return ok({
    swapLimit: said['SwapLimit'] === true,
    defaultRuntime: text(said['DefaultRuntime']),
    cpus: positive(said['NCPU']),
    info: {
      id: text(said['ID']),
      name: text(said['Name']),
      version: text(said['ServerVersion']),
      apiVersion: from.apiVersion,
      rootDir: text(said['DockerRootDir']),
      cgroupVersion: text(said['CgroupVersion']) || '1',
      liveRestore: said['LiveRestoreEnabled'] === true,
      runtimes: Object.keys(json(said['Runtimes'])).sort(),
      cdiDevices: list(said['DiscoveredDevices'])
        .map(json)
        .filter(({ Source }) => Source === 'cdi')
        .map(({ ID }) => text(ID)),
      rootless: texts(said['SecurityOptions']).some((option) => option.includes('name=rootless')),
      runcVersion,
      bootedAt,
    },
  });
}

interface Source {
  readonly docker: Docker;
  readonly deadlines: Deadlines;
}

const runcOf = async ({ docker, deadlines }: Source): Promise<string | null> => {
  const reply = await call({
    what: 'version',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => clientOf(docker).version({ abortSignal }),
    read: objectReply,
  });
  if (!reply.ok || !Array.isArray(reply.value['Components'])) return null;
  const runc = reply.value['Components'].map(json).find(({ Name }) => Name === 'runc');
  return text(runc?.['Version']) || null;
};

/** The daemon makes its default bridge anew at every start; nothing else that it tells is as old as it. */
const bootOf = async ({ docker, deadlines }: Source): Promise<number | null> => {
  const reply = await call({
    what: 'network bridge',
    kind: 'read',
    deadlineMs: deadlines.readMs,
    send: (abortSignal) => clientOf(docker).getNetwork('bridge').inspect({ abortSignal }),
    read: objectReply,
  });
  const created = reply.ok ? Date.parse(text(reply.value['Created'])) : Number.NaN;
  return Number.isNaN(created) ? null : created;
};
