import { generateKeyPair } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { CurveKeys } from '../../protocol/curve-key.ts';
import { signEnrolment } from '../../protocol/enrolment.ts';
import { parseJson } from '../../protocol/parse.ts';
import { peerIdOf } from '../../protocol/peer-id.ts';
import { TicketPrivateKey } from '../../protocol/ticket.ts';
import { newCurveKeyPair } from '../link/zmq-curve.ts';
import type { Log } from '../log.ts';
import { readState, writeState } from './state-file.ts';

/** What the file holds: the key by which the mesh knows the node, and the one of its ZeroMQ sockets. */
const NodeKeyPairs = v.strictObject({
  mesh: TicketPrivateKey,
  curve: CurveKeys,
});

export type NodeKeyPairs = v.InferOutput<typeof NodeKeyPairs>;

const fileName = 'keys.json';

/** Who the node is to others: key pairs that it made itself, and that never leave the host. */
export class Identity {
  readonly keys: NodeKeyPairs;
  /** libp2p's name for it. */
  readonly peerId: string;
  /** Nothing keeps the keys beyond this run. */
  readonly keysEnd: boolean;

  constructor(components: { keys: NodeKeyPairs }, options: { keysEnd?: boolean } = {}) {
    this.keys = components.keys;
    this.keysEnd = options.keysEnd ?? false;
    this.peerId = peerIdOf(components.keys.mesh);
  }

  /**
   * The identity that the state folder keeps, or a new one, which is put there. Without a folder it is
   * new at each start. Rejects where the folder cannot be used or the file is not what it was.
   */
  static async create(
    components: { log: Log },
    options: { stateDir: string | undefined },
  ): Promise<Identity> {
    const { stateDir } = options;
    const known = stateDir === undefined ? undefined : await read(stateDir);
    const keys = known ?? (await newKeyPairs());
    const identity = new Identity({ keys }, { keysEnd: stateDir === undefined });
    if (stateDir !== undefined && known === undefined) {
      await writeState(stateDir, fileName, `${JSON.stringify(identity.keys)}\n`);
    }
    const { peerId } = identity;
    components.log.info({ peerId, isNew: known === undefined }, 'node has its keys');
    return identity;
  }

  /** Says, signed, that this run of the node has these keys and carries media there; good for a minute. */
  enrolment(
    run: { nodeId: string; epoch: string; mediaIp: string },
    now_ms: number,
  ): Promise<string> {
    const { mesh, curve } = this.keys;
    return signEnrolment(mesh, { ...run, curveKey: curve.publicKey }, now_ms);
  }
}

async function newKeyPairs(): Promise<NodeKeyPairs> {
  const { privateKey } = await promisify(generateKeyPair)('ed25519', {});
  const mesh = v.parse(TicketPrivateKey, privateKey.export({ format: 'jwk' }));
  return { mesh, curve: newCurveKeyPair() };
}

async function read(stateDir: string): Promise<NodeKeyPairs | undefined> {
  const text = await readState(stateDir, fileName);
  if (text === undefined) {
    return undefined;
  }
  try {
    return parseJson(NodeKeyPairs, text, fileName, 'internal');
  } catch {
    // What is wrong in it is not said: it is secret.
    throw new Error(
      `${join(stateDir, fileName)} does not hold the keys of a node: remove it, and new ones are made`,
    );
  }
}
