// Everything: checks, then all tests, the browser's included. The last line counts them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, node, root, run } from './prepare.mjs';

install();
build();
findBrowser();
run(process.execPath, [join(root, 'scripts/check.mjs')]);

const folder = mkdtempSync(join(tmpdir(), 'lumencast-'));
const report = join(folder, 'report.json');
const vitest = [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
];
const { status } = spawnSync(node, [...vitest, ...process.argv.slice(2)], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(folder, { recursive: true });
const { numPassedTests: passed = 0, numFailedTests: failed = 1, numPendingTests: pending = 0, numTodoTests: todo = 0 } = counts ?? {};
console.log(`${passed} passed, ${failed} failed, ${pending + todo} skipped`);
process.exit(status === 0 && passed > 0 ? 0 : 1);

/** The browser tests use a system Chromium; where there is none it is installed if this user may. */
function findBrowser() {
  if (['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some(existsSync) || process.env.CHROMIUM_PATH) return;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) {
    console.error(
      'lumencast: no Chromium found: install the package "chromium" or name one in CHROMIUM_PATH; the browser tests are skipped',
    );
    return;
  }
  console.error('lumencast: installing chromium for the browser tests');
  const apt = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  apt('update');
  apt('install', '-y', '--no-install-recommends', 'chromium');
}
