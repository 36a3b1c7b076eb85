// The tests on a real kernel alone: node scripts/test-kernel.mjs [vitest's arguments]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, install, node, root } from './prepare.mjs';

install();
build();
const { status } = spawnSync(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project=kernel', ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
