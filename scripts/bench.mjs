// node scripts/bench.mjs NAME …: runs tests/bench/NAME.bench.ts on what is built now, with the pinned runtime.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, install, node, root } from './prepare.mjs';

const [name, ...args] = process.argv.slice(2);
install();
build();
const { status } = spawnSync(node, [join(root, `tests/bench/${name}.bench.ts`), ...args], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
