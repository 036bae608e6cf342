import { RizomaError } from '../../protocol/errors.ts';

/** Whether webhooks may go anywhere, which is for use on one machine, or to public hosts alone. */
export type WebhookHosts = 'public' | 'any';

/**
 * Throws `bad_request` unless events may be posted there: `https` to a host that is not inside a private
 * network by its name or its address (RFC 6890), and without a user in the URL. An address that a public
 * name resolves to is for the network to refuse: Workers reach no private one.
 */
export function checkWebhookUrl(text: string, hosts: WebhookHosts): void {
  const url = URL.parse(text);
  const secure = url?.protocol === 'https:';
  if (url === null || url.username !== '' || url.password !== '') {
    throw new RizomaError('bad_request', 'the URL of a webhook has a host and no user');
  }
  if (!secure && (url.protocol !== 'http:' || hosts === 'public')) {
    throw new RizomaError('bad_request', 'a webhook is reached by https');
  }
  if (hosts === 'public' && isPrivate(url.hostname)) {
    throw new RizomaError('bad_request', `${url.hostname} is not a public host`);
  }
}

/** URLs have their addresses in one form: IPv4 in four decimals, IPv6 in brackets and short. */
function isPrivate(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  if (name.startsWith('[')) {
    return isPrivateIPv6(name.slice(1, -1));
  }
  const isIPv4 = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  return isIPv4 ? isPrivateIPv4(name) : isPrivateName(name);
}

function isPrivateName(name: string): boolean {
  return !name.includes('.') || /\.(localhost|local|internal|intranet|lan|home\.arpa)$/.test(name);
}

/** First and last address of each range of RFC 6890 that is not global, and of multicast and above. */
const privateIPv4: readonly (readonly [string, string])[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

function isPrivateIPv4(address: string): boolean {
  const number = ipv4(address);
  return privateIPv4.some(([first, last]) => number >= ipv4(first) && number <= ipv4(last));
}

function ipv4(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Only 2000::/3 is global, and of it not what holds an IPv4 address or is for documentation. */
function isPrivateIPv6(address: string): boolean {
  return !/^[23][0-9a-f]{3}:/.test(address) || /^(2001:(0|db8)?:|2002:|3fff:)/.test(address);
}
