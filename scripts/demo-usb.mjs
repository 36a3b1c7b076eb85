// npm run demo:usb: a virtual probe in a real Linux USB stack, its picture on the monitor.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, install, node, root } from './prepare.mjs';

install();
build();
const { status } = spawnSync(node, [join(root, 'tests/kernel/demo.ts'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
