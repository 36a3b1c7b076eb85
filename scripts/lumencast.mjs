#!/usr/bin/env node
// The command `lumencast`: sees to it that everything is installed and built, then runs src/main.ts on the pinned Node.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, node, root } from './prepare.mjs';

// npm start runs here, but files are named from where the user stands.
if (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);

install();
build();
// The channel tells the server when this process is gone, however it ended.
const child = spawn(node, [join(root, 'src/main.ts'), ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal === 'SIGINT' ? 'SIGTERM' : signal));
child.on('exit', (status) => process.exit(status ?? 1));
