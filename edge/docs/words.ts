/** What the documents say of signing. */
export const signing =
  'Requests of services are signed with Licode’s MAuth: the header `Authorization: MAuth realm=…,' +
  'mauth_signature_method=HMAC_SHA1,mauth_username=…,mauth_role=…,mauth_serviceid=…,mauth_cnonce=…,' +
  'mauth_timestamp=…,mauth_signature=…`. The signature is base64 of the hex of HMAC-SHA1, under the key of ' +
  'the service, over `timestamp,cnonce`, and over `timestamp,cnonce,username,role` where a user is named. ' +
  'The timestamp is in milliseconds and may be off by 60 s; a nonce is good once.';

/** What they say of the other way. */
export const bearerSigning =
  'Or with a JWT: the header `Authorization: Bearer …`, HS256 under the key of the service. `iss` is the id ' +
  'of the service, `exp` at most an hour from now, `nbf` and `iat` are honoured; clocks may differ by 60 s. It is ' +
  'good until it expires; with a `jti` it is good once, and `exp` is at most 4 minutes from now. The claims ' +
  '`username` and `role` name a user. `scope` limits it, with spaces between: `read` (what is asked with GET), `tokens` ' +
  '(make and revoke tokens), `rooms` (whatever else changes rooms, users and webhooks). MAuth signs neither method nor path, so ' +
  'hand out JWTs with a scope rather than signed requests.';

/** MAuth for a shell; `sign` prints the header, for a user if one is named. */
export const signingInShell = `EDGE=http://127.0.0.1:8787
SERVICE=...   # NUVE_SUPERSERVICE_ID in .dev.vars
KEY=...       # NUVE_SUPERSERVICE_KEY

sign() {  # [name role]
  time="$(date +%s)000"
  nonce="$(openssl rand -hex 8)"
  hex="$(printf %s "$time,$nonce\${1:+,$1,$2}" | openssl dgst -sha1 -hmac "$KEY" | sed 's/.* //')"
  printf %s "Authorization: MAuth realm=http://marte3.dit.upm.es,mauth_signature_method=HMAC_SHA1,"
  printf %s "\${1:+mauth_username=$1,mauth_role=$2,}mauth_serviceid=$SERVICE,mauth_cnonce=$nonce,"
  printf %s "mauth_timestamp=$time,mauth_signature=$(printf %s "$hex" | openssl base64 -A)"
}`;
