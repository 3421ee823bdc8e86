import { expect, test } from 'vitest';
import {
  databaseFile,
  hmacKeyFile,
  localProposal,
  stateFolder,
} from '../../controller/store/location.ts';

const ada = { env: {}, uid: 1000, home: '/home/ada' };

test('the system instance and a user have their own folders', () => {
  expect(stateFolder({ ...ada, uid: 0, home: '/root' })).toBe('/var/mlenv/state');
  expect(stateFolder(ada)).toBe('/home/ada/.mlenv/state');
});

test('MLENV_STATE_DIR stands above both, unless it is empty', () => {
  const env = { MLENV_STATE_DIR: '/srv/mlenv' };
  expect(stateFolder({ ...ada, env })).toBe('/srv/mlenv');
  expect(stateFolder({ env, uid: 0, home: '/root' })).toBe('/srv/mlenv');
  expect(stateFolder({ ...ada, env: { MLENV_STATE_DIR: '' } })).toBe('/home/ada/.mlenv/state');
});

test('the database and the key lie in it, and the proposals are local paths of the same kind', () => {
  expect(databaseFile('/s')).toBe('/s/mlenv.db');
  expect(hmacKeyFile('/s')).toBe('/s/digest.key');
  expect(localProposal(0)).toBe('/var/lib/mlenv/state');
  expect(localProposal(1000)).toBe('/var/lib/mlenv-1000/state');
});
