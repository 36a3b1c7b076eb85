// Writes the generated parts of docs/protocol.md and docs/errors.md.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, node, root } from './prepare.mjs';

install();
const tables = join(root, 'src/protocol/tables.ts');
for (const [file, maker] of [
  ['docs/protocol.md', 'protocolTables'],
  ['docs/errors.md', 'errorTables'],
]) {
  const program = `import { ${maker} } from ${JSON.stringify(tables)}; process.stdout.write(${maker}())`;
  const { stdout } = spawnSync(node, ['--input-type=module', '-e', program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const path = join(root, file);
  const [before, , after] = readFileSync(path, 'utf8').split(/<!-- (?:generated|end) -->\n/);
  writeFileSync(path, `${before}<!-- generated -->\n${stdout}\n<!-- end -->\n${after}`);
}
