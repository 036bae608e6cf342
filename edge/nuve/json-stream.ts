/** JSON that is made while it is sent. What fails before the first piece is thrown, and so answered. */
export async function jsonResponse(pieces: AsyncGenerator<string>): Promise<Response> {
  const first = await pieces.next();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (first.done !== true) {
        controller.enqueue(encoder.encode(first.value));
      }
    },
    pull: async (controller) => {
      const piece = await pieces.next();
      if (piece.done === true) {
        controller.close();
      } else {
        controller.enqueue(encoder.encode(piece.value));
      }
    },
    cancel: async () => {
      await pieces.return(undefined);
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}
