import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Clock } from '../protocol/clock.ts';
import type { ConnectionBounds } from './connection-bounds.ts';
import { boundConnections, connectionBounds } from './connection-bounds.ts';
import type { Log } from './log.ts';
import { mayReadMetrics } from './metrics-access.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

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

/** How long a connection may take that is no WebSocket; of WebSockets socket.io has times of its own. */
export interface HttpTimes {
  headers_ms: number;
  request_ms: number;
  idle_ms: number;
  /** How often the others are looked at. */
  check_ms: number;
}

export const httpTimes: HttpTimes = {
  /** From the connection to the end of a request's head: a handshake on a slow phone takes some seconds. */
  headers_ms: 10_000,
  /** To the end of the request: none that is answered here has a body. */
  request_ms: 15_000,
  /** Between two requests over one connection: health checks come each few seconds, or over another one. */
  idle_ms: 5_000,
  check_ms: 1_000,
};

export interface HttpComponents {
  clock: Clock;
  log: Log;
  pages: HttpPages;
}

export interface HttpOptions {
  trustedProxies: TrustedProxies;
  bounds?: ConnectionBounds;
  times?: HttpTimes;
}

/** The node's HTTP server, not listening yet; `GET /healthz`, `/readyz` and `/metrics`, else 404. */
export function createHttpServer(components: HttpComponents, options: HttpOptions): Server {
  const { clock, log, pages } = components;
  const { trustedProxies, bounds = connectionBounds, times = httpTimes } = options;
  const server = createServer(
    {
      headersTimeout: times.headers_ms,
      requestTimeout: times.request_ms,
      keepAliveTimeout: times.idle_ms,
      connectionsCheckingInterval: times.check_ms,
    },
    (request, response) => {
      answer(request, response, pages).catch((thrown: unknown) => {
        log.error({ err: thrown }, 'a page failed');
        response.destroy();
      });
    },
  );
  boundConnections({ server, clock, log, trustedProxies }, bounds);
  return server;
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
