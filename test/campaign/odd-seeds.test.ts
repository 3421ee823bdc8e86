import { histories } from './seeds.ts';

histories('odd');
