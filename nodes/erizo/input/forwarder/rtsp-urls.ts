import { forwarderDefaults } from '../defaults.ts';
import { SourceRefused } from './refusal.ts';

/**
 * Which URL of the source stands behind each one that ffmpeg is told. ffmpeg hears of none that the source names: they
 * are asked for over the connection to the one host that is allowed, whatever host they name.
 */
export class RtspUrls {
  readonly #local: string;
  readonly #remotes: Map<string, string>;
  /** From which relative URLs go out. */
  #base: string;

  constructor(local: string, remote: string) {
    this.#local = local;
    this.#remotes = new Map([[local, remote]]);
    this.#base = remote;
  }

  remoteOf(local: string): string | undefined {
    return this.#remotes.get(local);
  }

  /** The description in which each URL is ours, and which names no addresses. Throws `SourceRefused` (malformed). */
  describe(sdp: string, contentBase: string | undefined): string {
    const [session = [], ...tracks] = sectionsOf(sdp);
    if (tracks.length > forwarderDefaults.tracks) {
      throw new SourceRefused('malformed');
    }
    const [own] = controlsOf(session);
    // As ffmpeg does it: a relative one of the session, which is `*` mostly, says nothing.
    const bases = [own, contentBase, this.#remotes.get(this.#local)];
    this.#base = bases.find((one) => one !== undefined && isUrl(one)) ?? '';
    const lines = [
      ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 0.0.0.0', 't=0 0'],
      `a=control:${this.#name('all', this.#base)}`,
      ...session.filter(isPassed),
    ];
    for (const [index, track] of tracks.entries()) {
      const [control] = controlsOf(track);
      const remote = control === undefined ? this.#base : this.#resolve(control);
      lines.push(...track.filter(isPassed), `a=control:${this.#name(String(index), remote)}`);
    }
    return `${lines.join('\r\n')}\r\n`;
  }

  /** `RTP-Info` with our URLs; undefined where it speaks of none of the tracks. */
  rtpInfo(header: string): string | undefined {
    const tracks = header.split(/,\s*(?=url=)/i).flatMap((item) => {
      const [first = '', ...params] = item.split(';');
      const at = params.findIndex((param) => /^\s*(?:seq|rtptime|ssrc)=/i.test(param));
      const url = [first, ...params.slice(0, at < 0 ? params.length : at)].join(';').trim();
      const local = this.#localOf(url.replace(/^url=/i, '').replaceAll(/^"|"$/g, ''));
      const numbers = params.flatMap(
        (param) => /^\s*((?:seq|rtptime)=\d{1,10})\s*$/i.exec(param)?.[1] ?? [],
      );
      return local === undefined ? [] : [[`url=${local}`, ...numbers].join(';')];
    });
    return tracks.length === 0 ? undefined : tracks.join(',');
  }

  #localOf(remote: string): string | undefined {
    const known = [...this.#remotes].filter(([local]) => local !== this.#local);
    return known.find(([, one]) => one === remote || one === this.#resolve(remote))?.[0];
  }

  #name(name: string, remote: string): string {
    const local = `${this.#local}/${name}`;
    this.#remotes.set(local, remote);
    return local;
  }

  /** As ffmpeg does it, which is how cameras expect it: relative URLs go to the end, behind queries too. */
  #resolve(control: string): string {
    if (isUrl(control)) {
      return control;
    }
    return `${this.#base}${this.#base.endsWith('/') ? '' : '/'}${control}`;
  }
}

/** Lines of the session, then those of each track. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/[\r\n]+/).map((one) => one.trim())) {
    if (line.startsWith('m=')) {
      sections.push([]);
    }
    sections.at(-1)?.push(line);
  }
  return sections;
}

/** ffmpeg reads media and attributes; whatever else there is names people and places. */
function isPassed(line: string): boolean {
  return /^[ma]=/.test(line) && !/^a=(?:control|source-filter):/i.test(line);
}

function controlsOf(lines: readonly string[]): string[] {
  const said = lines.flatMap((line) => /^a=control:\s*(.*)$/i.exec(line)?.[1] ?? []);
  const controls = said.filter((control) => control !== '');
  // They come into start lines of requests.
  if (controls.some((control) => !/^[\x21-\x7e]+$/.test(control))) {
    throw new SourceRefused('malformed');
  }
  return controls;
}

function isUrl(text: string): boolean {
  return /^rtsp:\/\/[\x21-\x7e]+$/i.test(text);
}
