// Types, lint, dead code, architecture.
import { join } from 'node:path';
import { install, node, root, run } from './prepare.mjs';

install();
const tool = (path, ...args) => run(node, [join(root, 'node_modules', path), ...args]);
tool('typescript/bin/tsc', '-p', 'tsconfig.json');
tool('typescript/bin/tsc', '-p', 'web-client/tsconfig.json');
tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
tool('knip/bin/knip.js');
tool('vitest/vitest.mjs', 'run', 'tests/architecture.test.ts', '--reporter=dot');
