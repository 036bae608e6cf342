import packageJson from '../../package.json' with { type: 'json' };
import { pathParameters } from '../../protocol/contracts/http-api/index.ts';
import { Problem } from '../../protocol/contracts/rest.ts';
import { errorCodes } from '../../protocol/errors.ts';
import type { Caller, HttpApi, HttpRoute, RouteAnswer } from '../../protocol/http-contract.ts';
import { answersOf, routesOf } from '../../protocol/http-contract.ts';
import { idOf } from './parts.ts';
import type { ApiSchemas, JsonSchema } from './schemas.ts';
import { schemasOf } from './schemas.ts';
import { bearerSigning, signing } from './words.ts';

type Json = Readonly<Record<string, unknown>>;

/** An API as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1). */
export function openApiOf(api: HttpApi): Json {
  const schemas = schemasOf(
    api,
    Object.values(pathParameters).map(({ schema }) => schema),
  );
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routesOf(api)) {
    const operations = (paths[pathOf(route)] ??= {});
    operations[route.method.toLowerCase()] = operationOf(route, schemas);
  }
  const groups = new Set(routesOf(api).map(({ row }) => row.group));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Rizoma, the edge',
      version: packageJson.version,
      summary: packageJson.description,
      description: `${signing}\n\n${bearerSigning}`,
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: '/' }],
    tags: [...groups].map((name) => ({ name })),
    paths,
    components: { schemas: schemas.named, securitySchemes },
  };
}

const securitySchemes = {
  mauth: { type: 'apiKey', in: 'header', name: 'Authorization', description: signing },
  jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: bearerSigning },
  enrolment: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The enrolment secret of the node’s region, or `RIZOMA_ENROL_SECRET` where that has none.',
  },
};

const security: Record<Caller, readonly Json[]> = {
  anybody: [],
  token: [],
  node: [{ enrolment: [] }],
  service: [{ mauth: [] }, { jwt: [] }],
  superservice: [{ mauth: [] }, { jwt: [] }],
};

function pathOf({ path }: HttpRoute): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function operationOf(route: HttpRoute, schemas: ApiSchemas): Json {
  const { row } = route;
  const answers = answersOf(route).map((answer) => [answer.status, responseOf(answer, schemas)]);
  return {
    operationId: idOf(route),
    tags: [row.group],
    summary: row.summary,
    ...(row.about === undefined ? {} : { description: row.about }),
    security: security[row.caller],
    ...parametersOf(route, schemas),
    ...(row.body === undefined ? {} : { requestBody: bodyOf(row, schemas.of(row.body)) }),
    responses: Object.fromEntries(answers),
  };
}

function parametersOf({ path, row }: HttpRoute, schemas: ApiSchemas): Json {
  const inPath = [...path.matchAll(/:(\w+)/g)].flatMap(([, name = '']) => {
    const known = pathParameters[name];
    return known === undefined ? [] : [parameter(name, 'path', known.is, schemas.of(known.schema))];
  });
  const inQuery = Object.entries(row.query ?? {}).map(([name, { schema, about }]) =>
    parameter(name, 'query', about, schemas.of(schema)),
  );
  const parameters = [...inPath, ...inQuery];
  return parameters.length === 0 ? {} : { parameters };
}

function parameter(name: string, where: string, description: string, schema: JsonSchema): Json {
  return { name, in: where, required: where === 'path', description, schema };
}

function bodyOf(row: HttpRoute['row'], schema: JsonSchema): Json {
  const content = { schema, example: row.example };
  return {
    content: { 'application/json': content, 'application/x-www-form-urlencoded': { schema } },
  };
}

function responseOf(answer: RouteAnswer, schemas: ApiSchemas): Json {
  const { status, well, words, codes } = answer;
  const said = [
    ...(well === undefined ? [] : [well.is]),
    ...words.map((text) => `\`${text}\``),
    ...(codes.length === 0 ? [] : [`a problem: ${codes.map((code) => `\`${code}\``).join(', ')}`]),
  ];
  const content: Record<string, Json> = {};
  if (words.length > 0) {
    content['text/plain'] = { schema: { type: 'string', enum: words } };
  }
  if (codes.length > 0) {
    content['application/problem+json'] = { schema: schemas.of(Problem) };
  }
  if (well?.json !== undefined) {
    content[well.type ?? 'application/json'] = { schema: schemas.of(well.json) };
  } else if (well !== undefined && status === 200) {
    content[well.type ?? 'text/plain'] = { schema: { type: 'string' } };
  }
  const headers = headersOf(answer);
  return {
    description: said.join('; '),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(Object.keys(content).length === 0 ? {} : { content }),
  };
}

function headersOf({ status, well, codes }: RouteAnswer): Json {
  const said: Record<string, string> = { ...well?.headers };
  if (codes.includes('unauthorized')) {
    said['WWW-Authenticate'] = 'the challenges';
  }
  if (status === 503 || codes.some((code) => errorCodes[code].retryable)) {
    said['Retry-After'] = 'seconds after which to try again, where that is known';
  }
  const headers = Object.entries(said).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return Object.fromEntries(headers);
}
