import { decodeJwt } from 'jose';

/** The id of the client that a ticket lets in, as others know it; empty without a ticket. */
export function clientOfTicket(ticket: string | undefined): string {
  return ticket === undefined ? '' : (decodeJwt(ticket).sub ?? '');
}
