/**
 * Names, after the run, each test that passed only when it was tried again, with what it failed of. Two cores run browsers, encoders and
 * disks beside each other: what loses a race there once is looked at by us, and is not hidden; what is broken fails twice.
 */
export default class SecondAttempts {
  onTestRunEnd(modules) {
    const again = modules.flatMap((module) => [...module.children.allTests()].filter((test) => test.diagnostic()?.flaky));
    if (again.length === 0) return;
    console.log(`\nPassed only in a second attempt: ${again.length}`);
    for (const test of again) {
      const [first] = test.result().errors ?? [];
      console.log(`- ${test.module.relativeModuleId} > ${test.fullName}\n  ${first?.message ?? ''}`);
    }
  }
}
