import { join, JoinError } from '../sdk/index.ts';
import type { Room } from '../sdk/index.ts';
import { Call } from './call.ts';
import type { Camera } from './camera.ts';
import { openCamera } from './camera.ts';
import { fillRegions, wireInvite, wireMute } from './controls.ts';
import { demoToken } from './edge.ts';
import { byId } from './element.ts';
import { Grid } from './grid.ts';
import { installHooks } from './hooks.ts';
import { Notices } from './notices.ts';
import { showRecording, watchRecordings } from './recording-sign.ts';
import { rememberRejoin, tabStore, takeRejoin, wishOfForm } from './rejoin.ts';
import type { Participant } from './roster.ts';
import { showRoster } from './roster.ts';
import { Tile } from './tile.ts';
import { joinTrouble } from './words.ts';
import { readWish, wishAddress } from './wish.ts';

const wish = readWish(location.search, Math.random);
const notices = new Notices({ area: byId('status', HTMLElement) });
const grid = Grid.create({ element: byId('grid', HTMLElement) });
const ownTile = Tile.own({ name: wish.name, region: undefined });
const store = tabStore();
const rejoin = { label: 'Rejoin', run: rejoinNow };

/** Key of our own tile; stream ids are digits. */
const own = 'own';

function rejoinNow(): void {
  rememberRejoin(store, wish);
  location.assign(wishAddress(wish));
}

/** The form itself leads to the other region. */
function wireRegionForm(): void {
  const form = byId('region-form', HTMLFormElement);
  form.addEventListener('submit', () => rememberRejoin(store, wishOfForm(new FormData(form))));
}

function showPeople(room: Room, people: readonly Participant[]): void {
  const count = people.length === 1 ? '1 participant' : `${people.length} participants`;
  byId('summary', HTMLElement).textContent =
    `${count}, you in ${room.region}, served by ${room.controller}`;
  showRoster(byId('roster', HTMLElement), people);
}

/** The room is over for us: nothing is sent any more, and nothing shown. */
function over(opening: Promise<Camera>, words: string, code?: string): void {
  void opening.then(stopCamera);
  grid.clear();
  showRoster(byId('roster', HTMLElement), []);
  byId('summary', HTMLElement).textContent = '';
  showRecording(byId('recording', HTMLElement), false);
  for (const id of ['leave', 'microphone', 'camera']) {
    byId(id, HTMLButtonElement).disabled = true;
  }
  notices.clear('connection');
  const level = code === undefined ? 'info' : 'error';
  notices.show('join', { level, words, code, action: rejoin });
}

function stopCamera(camera: Camera): void {
  if (camera.kind === 'on') {
    for (const track of camera.media.getTracks()) {
      track.stop();
    }
  }
}

async function showCamera(camera: Camera): Promise<void> {
  if (camera.kind === 'none') {
    ownTile.setNote('no camera');
    notices.show('camera', { level: 'warning', ...camera.trouble });
    return;
  }
  const { media } = camera;
  wireMute('microphone', 'Mic', media.getAudioTracks(), (on) =>
    ownTile.setMuted(on ? '' : 'mic off'),
  );
  wireMute('camera', 'Camera', media.getVideoTracks(), (on) =>
    ownTile.setNote(on ? '' : 'camera off'),
  );
  ownTile.setNote('');
  await ownTile.play(media);
}

function wireLeave(room: Room, opening: Promise<Camera>): void {
  const leave = byId('leave', HTMLButtonElement);
  leave.disabled = false;
  leave.addEventListener('click', () => {
    room.leave();
    over(opening, 'You have left the room.');
  });
}

async function enter(opening: Promise<Camera>): Promise<Room> {
  notices.show('join', { level: 'info', words: 'Joining the room…' });
  const lastN = wish.videos === undefined ? {} : { lastN: wish.videos };
  const request = { token: await demoToken(wish), edge: location.origin };
  const room = await join(request, { sound: 'speaker', ...lastN });
  notices.clear('join');
  ownTile.setRegion(room.region);
  watchRecordings(room, byId('recording', HTMLElement));
  wireLeave(room, opening);
  const call = Call.create(
    { room, grid, notices },
    {
      name: wish.name,
      onChange: (people) => showPeople(room, people),
      onOver: (reason, code) => over(opening, `You are not in the room any more: ${reason}.`, code),
    },
  );
  // The others are shown before the camera is there: its owner may take long to allow it.
  void opening.then((camera) => (camera.kind === 'on' ? call.publish(camera.media) : undefined));
  return room;
}

/** A link alone opens no camera and lets nobody in. */
async function joinPressed(): Promise<void> {
  notices.show('join', {
    level: 'info',
    words: `Join ${wish.room} as ${wish.name}, with camera and microphone.`,
  });
  const button = byId('join', HTMLButtonElement);
  await new Promise((resolve) => button.addEventListener('click', resolve, { once: true }));
  button.hidden = true;
}

async function main(): Promise<void> {
  let room: Room | undefined;
  installHooks(() => room);
  history.replaceState(null, '', wishAddress(wish));
  document.title = `${wish.room} · Rizoma`;
  byId('room-name', HTMLElement).textContent = wish.room;
  wireInvite(wish);
  // Without the list one still joins; what is wrong with the edge shows at the join.
  fillRegions(wish).catch(() => undefined);
  ownTile.setNote('not in the room yet');
  grid.add(own, ownTile);
  wireRegionForm();
  const isBack = takeRejoin(store, wish);
  byId('join', HTMLButtonElement).hidden = isBack;
  if (!isBack) {
    await joinPressed();
  }
  ownTile.setNote('opening the camera…');
  const opening = openCamera();
  void opening.then(showCamera);
  try {
    room = await enter(opening);
  } catch (error) {
    const known = error instanceof JoinError ? error : new JoinError('internal', String(error));
    const trouble = joinTrouble(known, wish.region);
    notices.show('join', { level: 'error', ...trouble, action: rejoin });
  }
}

await main();
