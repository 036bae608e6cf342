import { RizomaError } from '../../protocol/errors.ts';
import { NodeId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { shownSecret } from '../enrol-secrets.ts';

/** `GET /nodes/:nodeId/link`: the WebSocket of a node that knows a secret of the deployment; in which region it may be is seen when it registers. */
export async function getNodeLink(context: EdgeContext): Promise<Response> {
  const authorization = context.req.header('authorization') ?? '';
  const secret = await shownSecret(context.get('config'), authorization);
  if (secret === undefined) {
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
  const headers = { upgrade: 'websocket', 'x-rizoma-node': nodeId, 'x-rizoma-secret': secret };
  return await NODE.get(NODE.idFromName(nodeId)).fetch(context.req.url, { headers });
}
