// Tests that mutate what comes from outside, a hundred thousand times each: node scripts/test-mutations.mjs [vitest's arguments, e.g. a file]
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, node, root } from './prepare.mjs';

install();
build();
const asked = process.argv.slice(2);
const mutating = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && readFileSync(join(root, 'tests', name), 'utf8').includes('LUMENCAST_MUTATIONS'))
  .map((name) => join('tests', name));
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project=all', '--testTimeout=1800000'];
const { status } = spawnSync(node, [...vitest, ...(asked.length === 0 ? mutating : asked)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { LUMENCAST_MUTATIONS: '100000', ...process.env },
});
process.exit(status ?? 1);
