import { existsSync, realpathSync, rmSync } from 'node:fs';
import { BringUpError } from '../output.ts';
import type { Say } from '../output.ts';
import type { RunResult } from '../run.ts';
import { run } from '../run.ts';

async function git(root: string, args: readonly string[]): Promise<RunResult> {
  try {
    return await run('git', ['-C', root, ...args]);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw isMissing
      ? new BringUpError('A comparison needs git, which is not installed: apt-get install git')
      : error;
  }
}

/** The full hash of the commit that a branch, tag, hash or `HEAD~3` names. */
export async function resolveCommit(root: string, revision: string): Promise<string> {
  const { code, output } = await git(root, ['rev-parse', '--git-dir']);
  if (code !== 0) {
    throw new BringUpError(
      `A comparison needs a git checkout, and git cannot read ${root}: ${output}`,
    );
  }
  const name = `${revision}^{commit}`;
  const commit = await git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', name]);
  const hash = /^[0-9a-f]{40,64}$/m.exec(commit.output)?.[0];
  if (commit.code === 0 && hash !== undefined) return hash;
  throw new BringUpError(
    `There is no commit "${revision}" in this repository. Give a hash, branch or tag that "git log" shows; ` +
      'where it is on another machine, or the clone is shallow: git fetch --unshallow, or git fetch origin COMMIT',
  );
}

export async function hasUncommittedChanges(root: string): Promise<boolean> {
  return (await git(root, ['status', '--porcelain'])).output !== '';
}

/**
 * Makes `dir` a worktree of the repository with a commit's files. One from before is used again, with what is
 * installed in it, unless a tracked file of it has changed.
 */
export async function ensureWorktree(
  root: string,
  worktree: { readonly dir: string; readonly commit: string },
  say: Say,
): Promise<void> {
  const { dir, commit } = worktree;
  if (await isIntact(dir, commit)) return;
  say(`Checking out ${commit.slice(0, 10)} into ${dir} ...`);
  rmSync(dir, { recursive: true, force: true });
  // Git would refuse a path that it still knows as a worktree.
  await git(root, ['worktree', 'prune']);
  const { code, output } = await git(root, ['worktree', 'add', '--detach', dir, commit]);
  if (code !== 0) throw new BringUpError(`git worktree add failed:\n${output}`);
}

/** A folder that is none itself may stand in another repository, which git would then answer for. */
async function isIntact(dir: string, commit: string): Promise<boolean> {
  if (!existsSync(dir)) return false;
  const top = await git(dir, ['rev-parse', '--show-toplevel', 'HEAD']);
  if (top.code !== 0 || top.output !== `${realpathSync(dir)}\n${commit}`) return false;
  const changes = await git(dir, ['status', '--porcelain', '--untracked-files=no']);
  return changes.code === 0 && changes.output === '';
}
