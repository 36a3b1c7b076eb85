// Everything: checks, then all tests, the browser's included. The last line counts them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, node, root, run } from './prepare.mjs';

install();
build();
findTools();
run(process.execPath, [join(root, 'scripts/check.mjs')]);

const folder = mkdtempSync(join(tmpdir(), 'lumencast-'));
const report = join(folder, 'report.json');
const vitest = [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--reporter=${join(root, 'scripts/second-attempts.mjs')}`,
  `--outputFile.json=${report}`,
];
const { status } = spawnSync(node, [...vitest, ...process.argv.slice(2)], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
rmSync(folder, { recursive: true });
const { numPassedTests: passed = 0, numFailedTests: failed = 1, numPendingTests: pending = 0, numTodoTests: todo = 0 } = counts ?? {};
console.log(`${passed} passed, ${failed} failed, ${pending + todo} skipped`);
process.exit(status === 0 && passed > 0 ? 0 : 1);

/** What some tests work with and npm does not bring: installed where it is missing and this user may; else those tests are skipped. */
function findTools() {
  const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const missing = [
    { places: [...browsers, process.env.CHROMIUM_PATH ?? ''], packages: ['chromium'], tests: 'the browser tests' },
    { places: ['/usr/bin/ffmpeg'], packages: ['ffmpeg'], tests: "the ffmpeg driver's tests" },
    { places: ['/usr/sbin/usbip', '/usr/bin/usbip'], packages: ['usbip'], tests: 'the tests on a real kernel' },
    { places: ['/usr/bin/udevadm'], packages: ['udev'], tests: 'hot-plug with udevd' },
    { places: ['/usr/bin/pdftotext'], packages: ['poppler-utils'], tests: 'what stands in printed sheets' },
    { places: ['/usr/sbin/mkfs.ext4', '/sbin/mkfs.ext4'], packages: ['e2fsprogs'], tests: 'power cuts and full disks of the archive' },
    { places: ['/usr/bin/dcmdump'], packages: ['dcmtk'], tests: 'the comparison with DCMTK' },
    { places: ['/usr/bin/gdcmconv'], packages: ['libgdcm-tools'], tests: 'the comparison with DCMTK and GDCM' },
    { places: ['/usr/include/openigtlink'], packages: ['libopenigtlink-dev', 'g++'], tests: "the OpenIGTLink library's tests" },
    { places: ['/usr/bin/v4l2-ctl'], packages: ['v4l-utils'], tests: 'the comparison with v4l2-ctl' },
    { places: ['/usr/include/linux/videodev2.h'], packages: ['linux-libc-dev', 'gcc'], tests: "the comparison with V4L2's C header" },
    {
      places: ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/girepository-1.0/GstRtspServer-1.0.typelib`),
      packages: ['python3-gi', 'gir1.2-gst-rtsp-server-1.0', 'gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-ugly'],
      tests: 'RTSP from a server that is not ours',
    },
  ].filter(({ places }) => !places.some(existsSync));
  if (missing.length === 0) return;
  const packages = missing.flatMap((tool) => tool.packages);
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    const tests = missing.map((tool) => tool.tests).join(', ');
    console.error(`lumencast: skipped are ${tests}; for these install ${packages.join(' ')}`);
    return;
  }
  console.error(`lumencast: installing ${packages.join(' ')} for the tests`);
  const apt = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...packages);
}
