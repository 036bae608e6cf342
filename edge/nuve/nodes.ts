import type { NodeAnswer, NodeDetailAnswer, NodesAnswer } from '../../protocol/contracts/nodes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { NodeId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import { traceOf } from '../access-log.ts';
import type { EdgeContext } from '../app.ts';
import { valueOf } from '../objects/outcome.ts';
import { meshOf, nodeOf } from '../objects/stubs.ts';

/** `GET /nodes`: every node that has a lease. */
export async function getNodes(context: EdgeContext): Promise<Response> {
  const answer: NodesAnswer = { nodes: await valueOf(meshOf(context.env).nodes()) };
  return context.json(answer);
}

/** `GET /nodes/:nodeId`: `not_found` where it has no lease. */
export async function getNode(context: EdgeContext): Promise<Response> {
  return context.json(await detailOf(context));
}

/**
 * `DELETE /nodes/:nodeId`: its lease and link end, and the key that it has, or had last, is refused from
 * now on, here and by all members. What it carries ends when it notices, or when others do.
 */
export async function deleteNode(context: EdgeContext): Promise<Response> {
  await valueOf(nodeOf(context.env, nodeIdOf(context)).revoke(traceOf(context)));
  return context.text('Node revoked');
}

/** `POST /nodes/:nodeId/drain`: it takes no new clients, and ends when those it has are gone. */
export function postDrain(context: EdgeContext): Promise<Response> {
  return drain(context, true);
}

/** `DELETE /nodes/:nodeId/drain`: it takes clients again. */
export function deleteDrain(context: EdgeContext): Promise<Response> {
  return drain(context, false);
}

async function drain(context: EdgeContext, wish: boolean): Promise<Response> {
  await nodeAnswerOf(context);
  await valueOf(nodeOf(context.env, nodeIdOf(context)).drain(wish, traceOf(context)));
  return context.json(await detailOf(context));
}

async function detailOf(context: EdgeContext): Promise<NodeDetailAnswer> {
  const node = await nodeAnswerOf(context);
  const about = await valueOf(nodeOf(context.env, node.nodeId).about());
  return { ...node, linked: about.linked, silence_s: about.silence_ms / 1000 };
}

async function nodeAnswerOf(context: EdgeContext): Promise<NodeAnswer> {
  const nodeId = nodeIdOf(context);
  const nodes = await valueOf(meshOf(context.env).nodes());
  const node = nodes.find((one) => one.nodeId === nodeId);
  if (node === undefined) {
    throw new RizomaError('not_found', `no node ${nodeId} has a lease now: see GET /nodes`);
  }
  return node;
}

function nodeIdOf(context: EdgeContext): string {
  return parse(NodeId, context.req.param('nodeId'), 'node id');
}
