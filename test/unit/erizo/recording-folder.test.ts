import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordingDefaults } from '../../../nodes/erizo/recording/defaults.ts';
import { RecordingFolder, recordingFile } from '../../../nodes/erizo/recording/folder.ts';

const id = '123456789012345678';
const unknown = '223456789012345678';
const ours = 'a'.repeat(24);
const theirs = 'b'.repeat(24);
const binding = { serviceId: ours, roomId: 'c'.repeat(24), streamId: '323456789012345678' };

let parent = '';
let dir = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rizoma-folder-'));
  dir = join(parent, 'recordings');
});
afterEach(() => rm(parent, { recursive: true }));

const newFolder = (free_bytes = 0): RecordingFolder => new RecordingFolder({ dir, free_bytes });
const first = recordingFile(id, { part: undefined, format: 'mkv' });
const second = recordingFile(id, { part: 2, format: 'webm' });
const noneOf = (name: string) => ({
  code: 'unavailable',
  message: `there is no recording ${name} at this node`,
});
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('a recording on the disk', () => {
  it('is found by any process of the node, with its further files, for the service that made it', async () => {
    await newFolder().create(first, binding);
    await newFolder().create(second, binding);
    expect(await newFolder().find(id, ours)).toBe(join(dir, `${id}.mkv`));
    expect(await newFolder().find(`${id}-2`, ours)).toBe(join(dir, `${id}-2.webm`));
  });

  it('is for another service as one that is not there', async () => {
    const folder = newFolder();
    await folder.create(first, binding);
    await expect(folder.find(id, theirs)).rejects.toMatchObject(noneOf(id));
    await expect(folder.find(unknown, theirs)).rejects.toMatchObject(noneOf(unknown));
    await expect(folder.find(`${id}-2`, ours)).rejects.toMatchObject(noneOf(`${id}-2`));
  });

  it('says whose it is in a JSON beside it', async () => {
    await newFolder().create(first, binding);
    expect(JSON.parse(await readFile(join(dir, `${id}.json`), 'utf8'))).toEqual(binding);
  });

  it.each([
    ['that is missing', undefined],
    ['that is empty', ''],
    ['that is no JSON', `serviceId=${ours}`],
    ['that lacks the room', JSON.stringify({ ...binding, roomId: undefined })],
    ['whose service is no id', JSON.stringify({ ...binding, serviceId: '../..' })],
    [
      'that is longer than it is read',
      JSON.stringify({ ...binding, note: 'x'.repeat(recordingDefaults.binding_bytes) }),
    ],
  ])('is nobody’s with a JSON %s', async (_, text) => {
    await newFolder().create(first, binding);
    const file = join(dir, `${id}.json`);
    await (text === undefined ? rm(file) : writeFile(file, text));
    await expect(newFolder().find(id, ours)).rejects.toMatchObject(noneOf(id));
  });

  it('is its owner’s alone, as its folder is', async () => {
    await newFolder().create(first, binding);
    expect(await modeOf(dir)).toBe(0o700);
    for (const name of await readdir(dir)) {
      expect([name, await modeOf(join(dir, name))]).toEqual([name, 0o600]);
    }
  });

  it('takes the place of no other file, and leaves that as it was', async () => {
    const folder = newFolder();
    await folder.create(first, binding);
    await writeFile(join(dir, `${id}.mkv`), 'media');
    const other = { ...binding, serviceId: theirs };
    for (const format of ['mkv', 'webm'] as const) {
      const again = recordingFile(id, { part: undefined, format });
      await expect(folder.create(again, other)).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect((await readdir(dir)).toSorted()).toEqual([`${id}.json`, `${id}.mkv`]);
    expect(await readFile(await folder.find(id, ours), 'utf8')).toBe('media');
  });

  it('leaves nothing where it never began, as where the disk is full', async () => {
    await newFolder().create(first, binding);
    await newFolder().discard(first);
    await expect(newFolder(Infinity).create(second, binding)).rejects.toMatchObject({
      code: 'overloaded',
    });
    expect(await readdir(dir)).toEqual([]);
  });
});
