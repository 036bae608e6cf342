import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Log } from './log.ts';
import { mayReadMetrics } from './metrics-access.ts';

export interface HealthPage {
  good: boolean;
  body: Record<string, unknown>;
}

/** What the node answers beside the controller's socket.io. */
export interface HttpPages {
  /** Whether the node lives, and whether clients may come; 200 where it is so, else 503. */
  health(): HealthPage;
  readiness(): HealthPage;
  metrics: { readonly contentType: string; text(): Promise<string> };
  /** What readers of the metrics show; undefined where only the host itself reads them. */
  metricsToken: string | undefined;
}

const metricsRefusal =
  'read the metrics on the host itself, or set RIZOMA_METRICS_TOKEN and show it: Authorization: Bearer TOKEN\n';

/** The node's HTTP server, not listening yet; `GET /healthz`, `/readyz` and `/metrics`, else 404. */
export function createHttpServer(components: { log: Log; pages: HttpPages }): Server {
  return createServer((request, response) => {
    answer(request, response, components.pages).catch((thrown: unknown) => {
      components.log.error({ err: thrown }, 'a page failed');
      response.destroy();
    });
  });
}

/** Rejects where the port is taken, naming the variable that chooses another. */
export function listen(server: Server, options: { ip: string; port: number }): Promise<void> {
  const { ip, port } = options;
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void =>
      reject(new Error(`cannot listen on ${ip}:${port} (RIZOMA_IP, RIZOMA_HTTP_PORT)`, { cause }));
    server.once('error', onError);
    server.listen(port, ip, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

/** Ends the server and the connections that are still open. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: HttpPages,
): Promise<void> {
  const path = request.url?.split('?')[0];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (reads && path === '/healthz') {
    sendHealth(response, pages.health());
  } else if (reads && path === '/readyz') {
    sendHealth(response, pages.readiness());
  } else if (reads && path === '/metrics') {
    if (mayReadMetrics(request, pages.metricsToken)) {
      send(response, 200, pages.metrics.contentType, await pages.metrics.text());
    } else {
      send(response, 403, 'text/plain; charset=utf-8', metricsRefusal);
    }
  } else {
    send(response, 404, 'text/plain; charset=utf-8', 'there is nothing here\n');
  }
}

function sendHealth(response: ServerResponse, { good, body }: HealthPage): void {
  send(response, good ? 200 : 503, 'application/json', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
