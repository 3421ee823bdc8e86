import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ContainerConfig } from '../../controller/model/container.ts';
import {
  type Bench,
  type ContractSubject,
  failureKind,
  label,
  plainConfig,
  value,
} from './engine-bench.ts';
import { containerContract } from './engine-containers.contract.ts';
import { gpuContract } from './engine-gpus.contract.ts';
import { partsContract } from './engine-parts.contract.ts';
import { processContract } from './engine-processes.contract.ts';
import { rightsContract } from './engine-rights.contract.ts';
import { streamContract } from './engine-streams.contract.ts';

/** Every promise the ports make, asked of one engine: in memory and real alike. */
export function engineContract(title: string, make: () => Promise<ContractSubject>): void {
  describe(title, () => {
    let subject: ContractSubject | null = null;
    let count = 0;
    const current = (): ContractSubject => {
      if (subject === null) throw new Error('used before the suite began');
      return subject;
    };
    beforeAll(async () => {
      subject = await make();
    });
    afterEach(async () => {
      await sweep(current());
    });
    afterAll(async () => {
      await subject?.close();
    });

    const name = (): string => {
      count += 1;
      return `contract-${count}`;
    };
    const config = (patch: Partial<ContainerConfig> = {}): ContainerConfig => ({
      ...plainConfig,
      name: name(),
      image: current().plainImage,
      labels: label,
      ...patch,
    });
    const bench: Bench = {
      subject: current,
      name,
      config,
      given: async (patch, options) => {
        const made = value(await current().writer.create(config(patch), []));
        if (options?.start !== false) value(await current().writer.start(made.id));
        return made.id;
      },
      look: async (id) => value(await current().reader.inspect(id)),
    };

    containerContract(bench);
    rightsContract(bench);
    processContract(bench);
    partsContract(bench);
    streamContract(bench);
    gpuContract(bench);
  });
}

async function sweep({ reader, writer, settled }: ContractSubject): Promise<void> {
  for (const { id } of value(await reader.list(label))) {
    await writer.unpause(id);
    await settled(writer.stop(id, 0));
    expect(failureKind(await writer.remove(id, { volumes: true }))).toBe('ok');
  }
  for (const { name } of value(await reader.volumes(label))) await writer.removeVolume(name);
  for (const { name } of value(await reader.networks(label))) await writer.removeNetwork(name);
}
