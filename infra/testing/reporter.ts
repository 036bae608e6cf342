import { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSpecification, Vitest } from 'vitest/node';
import type { SerializedError, UserConsoleLog } from 'vitest';
import { rootDir } from '../paths.ts';
import { evidenceName } from './evidence-name.ts';
import { formatProgress } from './progress.ts';
import { unknownTests } from './quarantine.ts';
import type { QuarantinedTest } from './quarantine.ts';
import type { Failure, RunReport } from './report.ts';

export interface RunReporterOptions {
  /** Where test files leave logs and pictures, a folder each. */
  readonly evidenceDir: string;
  readonly quarantine: readonly QuarantinedTest[];
  readonly stream: NodeJS.WriteStream;
}

/**
 * Shows a run: a line for each file that ends, what runs, how far it is and what is left; each failure as soon as it
 * is known. On a terminal the lines of files that passed give way to one line that moves. It keeps what a failed file left, and
 * removes what a passed one did.
 */
export class RunReporter implements Reporter {
  readonly #options: RunReporterOptions;
  readonly #running = new Set<string>();
  readonly #report = { passed: 0, failed: 0, skipped: 0 };
  readonly #failures: Failure[] = [];
  readonly #quarantined: Failure[] = [];
  /** What tests have printed, by the id of the test or file, until its file has ended. */
  readonly #printed = new Map<string, string[]>();
  /** Of files in which something failed. */
  readonly #failedDirs = new Set<string>();
  readonly #seen = { files: new Set<string>(), tests: new Set<string>() };
  #vitest: Vitest | undefined;
  #began_ms = 0;
  #files = 0;
  #done = 0;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: RunReporterOptions) {
    this.#options = options;
  }

  get report(): RunReport {
    return { ...this.#report, failures: this.#failures, quarantined: this.#quarantined };
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#began_ms = performance.now();
    this.#files = specifications.length;
    if (this.#options.stream.isTTY) {
      this.#ticker = setInterval(() => this.#showProgress(), 1_000);
    }
  }

  onTestModuleQueued(module: TestModule): void {
    this.#running.add(fileOf(module));
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(fileOf(module));
    this.#done += 1;
    const failures = this.#countModule(module);
    if (failures.length > 0) this.#failedDirs.add(evidenceName(module.moduleId));
    this.#showModule(module, failures);
  }

  /** What tests print goes to a file of the run, and is shown for those that fail. */
  onUserConsoleLog(log: UserConsoleLog): void {
    appendFileSync(join(this.#options.evidenceDir, 'console.log'), log.content);
    const id = log.taskId ?? '';
    this.#printed.set(id, [...(this.#printed.get(id) ?? []), log.content]);
  }

  onTestRunEnd(_modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    clearInterval(this.#ticker);
    this.#removeEvidenceOfPassed();
    this.#clearLine();
    for (const error of errors) {
      this.#vitest?.logger.printError(error);
      this.#fail(this.#failures, `outside any test: ${String(error.message).split('\n')[0]}`);
    }
    for (const name of unknownTests(this.#options.quarantine, this.#seen)) {
      this.#fail(
        this.#failures,
        `infra/testing/quarantine.ts names a test that is not there: ${name}`,
      );
    }
  }

  #fail(list: Failure[], name: string, evidence?: string): void {
    list.push({ name, ...(evidence === undefined ? {} : { evidence }) });
    if (list === this.#failures) this.#report.failed += 1;
  }

  /** Counts what ran; answers the tests that failed, the module itself where it failed with no test to blame. */
  #countModule(module: TestModule): (TestCase | TestModule)[] {
    const failed: (TestCase | TestModule)[] = [];
    this.#seen.files.add(nameOf(module, module));
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      this.#seen.tests.add(nameOf(test, module));
      if (state === 'passed') this.#report.passed += 1;
      if (state === 'skipped') this.#report.skipped += 1;
      if (state === 'failed') failed.push(test);
    }
    if (module.state() === 'failed' && failed.length === 0) failed.push(module);
    const evidence = this.#evidenceOf(module);
    for (const one of failed) {
      const name = nameOf(one, module);
      const isQuarantined = this.#options.quarantine.some((each) => each.name === name);
      this.#fail(isQuarantined ? this.#quarantined : this.#failures, name, evidence);
    }
    return failed;
  }

  #showModule(module: TestModule, failures: readonly (TestCase | TestModule)[]): void {
    const { stream } = this.#options;
    const isShown = failures.length > 0 || !stream.isTTY;
    if (isShown) {
      this.#clearLine();
      const tests = [...module.children.allTests()].length;
      const took = `${(module.diagnostic().duration / 1000).toFixed(1)} s`;
      const word = failures.length === 0 ? 'ok  ' : 'FAIL';
      const left = this.#progressText();
      stream.write(`${word} ${fileOf(module)} (${tests} tests, ${took})  [${left}]\n`);
    }
    for (const failure of failures) {
      stream.write(`FAIL ${nameOf(failure, module)}\n`);
      stream.write((this.#printed.get(failure.id) ?? []).join(''));
      for (const error of errorsOf(failure)) {
        this.#vitest?.logger.printError(error, { project: module.project });
      }
    }
    for (const { id } of [module, ...module.children.allTests()]) this.#printed.delete(id);
    if (stream.isTTY) this.#showProgress();
  }

  #progressText(running: readonly string[] = []): string {
    return formatProgress({
      files: this.#files,
      done: this.#done,
      failed: this.#report.failed,
      running,
      elapsed_ms: performance.now() - this.#began_ms,
    });
  }

  #showProgress(): void {
    const { stream } = this.#options;
    const line = this.#progressText([...this.#running].map((file) => file.replace('test/', '')));
    stream.write(`\r\u001b[K${line.slice(0, stream.columns - 1)}`);
  }

  #clearLine(): void {
    if (this.#options.stream.isTTY) this.#options.stream.write('\r\u001b[K');
  }

  /** The folder that the file left, as far as anything is in it. */
  #evidenceOf(module: TestModule): string | undefined {
    const dir = join(this.#options.evidenceDir, evidenceName(module.moduleId));
    return existsSync(dir) && readdirSync(dir).length > 0 ? relative(rootDir, dir) : undefined;
  }

  /** At the end of the run, as processes may write until then. */
  #removeEvidenceOfPassed(): void {
    const { evidenceDir } = this.#options;
    for (const { name } of readdirSync(evidenceDir, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )) {
      if (!this.#failedDirs.has(name)) {
        rmSync(join(evidenceDir, name), { recursive: true, force: true });
      }
    }
  }
}

function fileOf(module: TestModule): string {
  return relative(rootDir, module.moduleId);
}

function nameOf(one: TestCase | TestModule, module: TestModule): string {
  const file = `${module.project.name}: ${fileOf(module)}`;
  return one.type === 'test' ? `${file}: ${one.fullName}` : file;
}

function errorsOf(failed: TestCase | TestModule): readonly unknown[] {
  if (failed.type === 'test') return failed.result().errors ?? [];
  const suites = [...failed.children.allSuites()].flatMap((suite) => suite.errors());
  return [...failed.errors(), ...suites];
}
