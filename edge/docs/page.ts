import { html, raw } from 'hono/html';
import { pathParameters } from '../../protocol/contracts/http-api/index.ts';
import { errorCodes } from '../../protocol/errors.ts';
import type { HttpApi, HttpRoute, RouteAnswer } from '../../protocol/http-contract.ts';
import { answersOf, routesOf } from '../../protocol/http-contract.ts';
import { callers, code, curlOf, idOf, prose } from './parts.ts';
import type { Html } from './parts.ts';
import type { ApiSchemas, JsonSchema } from './schemas.ts';
import { schemasOf } from './schemas.ts';
import { shapeOf } from './shape.ts';
import { style } from './style.ts';
import { bearerSigning, signing, signingInShell } from './words.ts';

/** An API as one page of HTML that needs nothing besides: no script, no font, no picture. */
export async function pageOf(api: HttpApi): Promise<string> {
  const schemas = schemasOf(
    api,
    Object.values(pathParameters).map(({ schema }) => schema),
  );
  const groups = new Map<string, HttpRoute[]>();
  for (const route of routesOf(api)) {
    groups.set(route.row.group, [...(groups.get(route.row.group) ?? []), route]);
  }
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Rizoma: the API of the edge</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        ${headOf(groups)} ${signingOf()}
        ${[...groups].map(
          ([group, routes]) =>
            html`<h2 id="${anchorOf(group)}">${group}</h2>
              ${routes.map((route) => sectionOf(route, schemas))}`,
        )}
        ${shapesOf(schemas)} ${errorsTable()}
      </body>
    </html>`;
  return page.toString();
}

function anchorOf(group: string): string {
  return group.toLowerCase().replaceAll(/\W+/g, '-');
}

function headOf(groups: ReadonlyMap<string, readonly HttpRoute[]>): Html {
  const link = (route: HttpRoute): Html =>
    html`<li>
      <a href="#${idOf(route)}"><code>${route.method} ${route.path}</code></a>
    </li>`;
  return html`<h1>Rizoma: the API of the edge</h1>
    <p>
      For programs there is <a href="/openapi.json">OpenAPI 3.1</a>; for servers in JavaScript the
      client <code>rizoma/server</code>. A slash is taken at the end of a path, but not behind an id
      or a name; where there is GET there is HEAD; pages of any origin may ask.
    </p>
    <nav>
      ${[...groups].map(
        ([group, routes]) =>
          html`<h4><a href="#${anchorOf(group)}">${group}</a></h4>
            <ul>
              ${routes.map(link)}
            </ul>`,
      )}
      <p>
        <a href="#signing">Signing</a> · <a href="#shapes">Shapes</a> · <a href="#errors">Errors</a>
      </p>
    </nav>`;
}

function signingOf(): Html {
  return html`<h2 id="signing">Signing</h2>
    <p>${prose(signing)}</p>
    <p>${prose(bearerSigning)}</p>
    <p>In a shell, which the examples below go on from:</p>
    ${code(signingInShell)}`;
}

function sectionOf(route: HttpRoute, schemas: ApiSchemas): Html {
  const { path, method, row } = route;
  return html`<section id="${idOf(route)}">
    <h3>
      <a href="#${idOf(route)}"><code>${method} ${path}</code></a>
    </h3>
    <p>${row.summary}.${row.about === undefined ? '' : html` ${prose(row.about)}`}</p>
    <p class="who">${callers[row.caller]}</p>
    ${parametersOf(route, schemas)}
    ${
      row.body === undefined
        ? ''
        : html`<h4>Body, JSON or a form</h4>
            ${shapeHtml(schemas.of(row.body))}`
    }
    <h4>Example</h4>
    ${code(curlOf(route))}
    <h4>Answers</h4>
    <div class="wide">
      <table>
        ${answersOf(route).map((answer) => answerRow(answer, schemas))}
      </table>
    </div>
  </section>`;
}

function parametersOf({ path, row }: HttpRoute, schemas: ApiSchemas): Html {
  const query = Object.entries(row.query ?? {}).map(
    ([name, { schema, about }]) =>
      html`<li><code>?${name}</code>: ${prose(about)}, ${shapeText(schemas.of(schema))}</li>`,
  );
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const known = pathParameters[name];
    return html`<li><code>:${name}</code>: ${known === undefined ? '' : known.is}</li>`;
  });
  const all = [...inPath, ...query];
  return all.length === 0
    ? ''
    : html`<ul>
        ${all}
      </ul>`;
}

function answerRow({ status, well, words, codes }: RouteAnswer, schemas: ApiSchemas): Html {
  const shape = well?.json === undefined ? '' : shapeHtml(schemas.of(well.json));
  const texts = words.map((text) => html`<p><code>${text}</code>, as text</p>`);
  const headers = Object.entries(well?.headers ?? {}).map(
    ([name, is]) => html`<p>header <code>${name}</code>: ${is}</p>`,
  );
  const problems = codes.map((one, index) => html`${index === 0 ? '' : ', '}<code>${one}</code>`);
  return html`<tr>
    <th>${status}</th>
    <td>
      ${well === undefined ? '' : html`<p>${prose(well.is)}</p>`} ${shape} ${headers} ${texts}
      ${codes.length === 0 ? '' : html`<p>a <a href="#shape-Problem">problem</a>: ${problems}</p>`}
    </td>
  </tr>`;
}

function shapeText(schema: JsonSchema): Html[] {
  return shapeOf(schema).map((piece) =>
    typeof piece === 'string'
      ? html`${piece}`
      : html`<a href="#shape-${piece.ref}">${piece.ref}</a>`,
  );
}

function shapeHtml(schema: JsonSchema): Html {
  return html`<pre><code>${shapeText(schema)}</code></pre>`;
}

function shapesOf(schemas: ApiSchemas): Html {
  return html`<h2 id="shapes">Shapes</h2>
    <p>A question mark: may be left out. Fields that are not listed are passed over or refused.</p>
    ${Object.entries(schemas.named).map(
      ([name, schema]) =>
        html`<section id="shape-${name}">
          <h3><a href="#shape-${name}">${name}</a></h3>
          ${shapeHtml(schema)}
        </section>`,
    )}`;
}

function errorsTable(): Html {
  const rows = Object.entries(errorCodes).map(
    ([name, { http, retryable }]) =>
      html`<tr>
        <td><code>${name}</code></td>
        <td>${http}</td>
        <td>${retryable ? 'yes' : 'no'}</td>
      </tr>`,
  );
  return html`<h2 id="errors">Errors</h2>
    <p>
      Errors are problem details (RFC 9457) with a <code>code</code>, except where Licode’s clients
      expect a text. <code>Retry-After</code> says when to try again, where that is known.
    </p>
    <table>
      <tr>
        <th>code</th>
        <th>status</th>
        <th>may succeed later</th>
      </tr>
      ${rows}
    </table>`;
}
