import { equalInConstantTime } from '../../protocol/bytes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { NodeId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';

/** `GET /nodes/:nodeId/link`: the WebSocket of a node that knows the deployment's secret. */
export async function getNodeLink(context: EdgeContext): Promise<Response> {
  const shown = context.req.header('authorization') ?? '';
  const { all } = context.get('config').enrolSecrets;
  // Each is compared to its end, whichever it is.
  if (all.filter((secret) => equalInConstantTime(shown, `Bearer ${secret}`)).length === 0) {
    throw new RizomaError(
      'forbidden',
      'a node enrols with Authorization: Bearer RIZOMA_ENROL_SECRET',
    );
  }
  const nodeId = parse(NodeId, context.req.param('nodeId'), 'node id');
  if (context.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    throw new RizomaError('bad_request', 'this is a WebSocket: Upgrade: websocket');
  }
  const { NODE } = context.env;
  const headers = { upgrade: 'websocket', 'x-rizoma-node': nodeId };
  return await NODE.get(NODE.idFromName(nodeId)).fetch(context.req.url, { headers });
}
