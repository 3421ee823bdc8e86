import { histories } from './seeds.ts';

histories('even');
