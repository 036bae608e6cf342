import { byId, make } from './element.ts';
import { listRegions } from './edge.ts';
import { inviteLink } from './wish.ts';
import type { Wish } from './wish.ts';

/** The link for others: into the clipboard, or shown where the browser does not let us. */
export function wireInvite(wish: Wish): void {
  const button = byId('invite', HTMLButtonElement);
  const label = button.textContent;
  const link = inviteLink(location.origin, wish);
  button.title = link;
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(link).then(
      () => {
        button.textContent = 'Link copied';
        button.addEventListener('blur', () => (button.textContent = label), { once: true });
      },
      () => window.prompt('The link of this room', link),
    );
  });
}

/** Mutes and opens a kind of our own tracks; shows how it stands. */
export function wireMute(
  id: 'microphone' | 'camera',
  label: string,
  tracks: readonly MediaStreamTrack[],
  onChange: (on: boolean) => void,
): void {
  const button = byId(id, HTMLButtonElement);
  button.disabled = tracks.length === 0;
  button.addEventListener('click', () => {
    const on = button.ariaPressed !== 'true';
    for (const track of tracks) {
      track.enabled = on;
    }
    button.ariaPressed = String(on);
    button.textContent = `${label} ${on ? 'on' : 'off'}`;
    onChange(on);
  });
}

/** The regions to join at next time, and how they stand. The form itself leads there. */
export async function fillRegions(wish: Wish): Promise<void> {
  const form = byId('region-form', HTMLFormElement);
  const { room, name, videos } = wish;
  const kept = { room, name, ...(videos === undefined ? {} : { videos: String(videos) }) };
  for (const [key, value] of Object.entries(kept)) {
    const field = make('input', '');
    field.type = 'hidden';
    field.name = key;
    field.value = value;
    form.append(field);
  }
  const select = byId('region', HTMLSelectElement);
  if (wish.region !== undefined) {
    select.add(new Option(wish.region, wish.region, true, true));
  }
  for (const { region, nodes, state } of await listRegions()) {
    const words = nodes === 0 ? 'no node' : state === 'available' ? '' : state;
    const text = words === '' ? region : `${region} (${words})`;
    const chosen = region === wish.region;
    if (chosen) {
      select.remove(1);
    }
    select.add(new Option(text, region, chosen, chosen));
  }
}
