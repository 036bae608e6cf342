import type { Directory, DirectoryChange } from '../../protocol/directory.ts';
import { applyChange } from '../../protocol/directory.ts';
import { defaults } from './defaults.ts';

/**
 * A directory and the changes that come in for it. Answers and pushes take different ways through
 * the edge and overtake each other, so a change may be there before the one that it follows.
 */
export class DirectoryKeeper {
  #directory: Directory | undefined;
  #early: DirectoryChange[] = [];

  get directory(): Directory | undefined {
    return this.#directory;
  }

  /** Changes wait for one that has not come. */
  get hasGap(): boolean {
    return this.#early.length > 0;
  }

  /** Takes the whole: what came before it and is later still counts. */
  replace(directory: Directory): void {
    this.#directory = directory;
    this.#catchUp();
  }

  /** Takes a change, now or once the one before it is there. False where that is hopeless. */
  take(change: DirectoryChange): boolean {
    if (this.#early.length >= defaults.earlyChanges) {
      return false;
    }
    this.#early.push(change);
    this.#catchUp();
    return true;
  }

  /** What waits is given up; the whole is to be asked for. */
  forgetEarly(): void {
    this.#early = [];
  }

  #catchUp(): void {
    let at = this.#directory;
    if (at === undefined) {
      return;
    }
    for (const change of this.#early.toSorted((a, b) => a.from - b.from)) {
      at = applyChange(at, change) ?? at;
    }
    const { version } = at;
    this.#directory = at;
    this.#early = this.#early.filter((change) => change.version > version);
  }
}
