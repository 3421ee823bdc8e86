export { readHostConfigFile, type HostConfigFileRead } from './file.ts';
export { configPlace, type ConfigPlace } from './place.ts';
export { readHostConfig, type HostConfigRead } from './read.ts';
export { configLeaves } from './leaves.ts';
export { valuesOf, type ConfigLeaf, type ConfigValues } from './values.ts';
export { configVariables } from './variables.ts';
export { editConfig, type ListEntry } from './edit.ts';
