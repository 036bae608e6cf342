import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { parseJson } from '../../protocol/parse.ts';

export type Entrance = JoinAnswer['controllers'][number];

/** Where the edge lets in who has that token: the first of the controllers that it names. Throws what it answers else. */
export async function entranceBy(edgeUrl: string, token: string): Promise<Entrance> {
  const response = await fetch(`${edgeUrl}/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`the edge refused: ${text}`);
  }
  const [first] = parseJson(JoinAnswer, text, 'the answer to join').controllers;
  if (first === undefined) {
    throw new Error('the edge named no controller');
  }
  return first;
}
