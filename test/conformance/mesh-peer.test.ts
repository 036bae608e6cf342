import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Peer } from '../../nodes/mesh/peer.ts';
import { newPeer as makePeer } from '../support/peer.ts';
import type { TestPeer } from '../support/peer.ts';

const peers: Peer[] = [];

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()));
});

async function newPeer(): Promise<TestPeer> {
  const made = await makePeer();
  peers.push(made.peer);
  return made;
}

const addressOf = ({ peerId, endpoint }: Peer) => ({ peerId, endpoint });

describe('peers of the mesh', () => {
  test('ping each other where both are members', async () => {
    const [here, there] = [await newPeer(), await newPeer()];
    here.members.add(there.peer.peerId);
    there.members.add(here.peer.peerId);
    expect(await here.peer.ping(addressOf(there.peer))).toBeGreaterThanOrEqual(0);
    expect(await there.peer.ping(addressOf(here.peer))).toBeGreaterThanOrEqual(0);
    expect([here.peer.peers, there.peer.peers]).toEqual([1, 1]);
  });

  test('have nothing to do with one that is no member, whoever dials', async () => {
    const [here, stranger] = [await newPeer(), await newPeer()];
    stranger.members.add(here.peer.peerId);
    await expect(stranger.peer.ping(addressOf(here.peer))).rejects.toBeInstanceOf(Error);
    await expect(here.peer.ping(addressOf(stranger.peer))).rejects.toBeInstanceOf(Error);
    expect(here.peer.peers).toBe(0);
  });

  test('are not taken in by one that answers in the place of another', async () => {
    const [here, there, impostor] = [await newPeer(), await newPeer(), await newPeer()];
    here.members.add(there.peer.peerId);
    impostor.members.add(here.peer.peerId);
    const address = { peerId: there.peer.peerId, endpoint: impostor.peer.endpoint };
    await expect(here.peer.ping(address)).rejects.toBeInstanceOf(Error);
  });

  test('cut off one that is a member no longer', async () => {
    const [here, there] = [await newPeer(), await newPeer()];
    here.members.add(there.peer.peerId);
    there.members.add(here.peer.peerId);
    await here.peer.ping(addressOf(there.peer));
    there.members.delete(here.peer.peerId);
    await there.peer.expel();
    expect(there.peer.peers).toBe(0);
    await vi.waitUntil(() => here.peer.peers === 0);
    await expect(here.peer.ping(addressOf(there.peer))).rejects.toBeInstanceOf(Error);
  });
});
