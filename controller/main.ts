#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder, schemaPath } from '../schema/files.ts';
import { nodeIo } from './cli/node-io.ts';
import type { CliPorts } from './cli/ports.ts';
import { runCli } from './cli/program.ts';

// The rest of the house is loaded when a command asks for it, so that help and faults come at once.
const instance = async (): Promise<Omit<CliPorts, 'machine'>> =>
  (await import('./instance/instance.ts')).createPorts(process.env);

const ports: CliPorts = {
  connect: async (options) => (await instance()).connect(options),
  runController: async (options, signal) => (await instance()).runController(options, signal),
  record: async (options) => (await instance()).record(options),
  logins: async (options) => (await instance()).logins(options),
  machine: async () => {
    const { commandFact, createMachine, runProgram } = await import('./setup/machine.ts');
    return createMachine({ root: '/', run: runProgram, command: commandFact });
  },
  drill: async (options) => (await instance()).drill(options),
  doctor: async (options) => (await instance()).doctor(options),
};

const packageVersion = (): string => {
  const read: unknown = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '';
};

const io = nodeIo({
  version: packageVersion(),
  schemaFile: schemaPath('mlenv.schema.json'),
  clock: {
    now: Date.now,
    setTimer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
});

// Writes to files, pipes and terminals are synchronous on Linux, so nothing is lost here.
process.exit(await runCli(process.argv.slice(2), io, ports));
