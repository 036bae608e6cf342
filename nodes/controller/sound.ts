import type { ParamsOf } from '../../protocol/contract.ts';
import type { ErizoToController } from '../../protocol/contracts/controller-erizo.ts';
import type { Client } from './client.ts';

/** What an ErizoJS process tells of who is heard in a room. */
export type SoundNews =
  | { is: 'speaker'; news: ParamsOf<ErizoToController, 'activeSpeaker'> }
  | { is: 'levels'; news: ParamsOf<ErizoToController, 'audioLevels'> };

/** Tells those of the clients who asked for it. Levels are of the moment: who is away misses them. */
export function tellSound(clients: Iterable<Client>, sound: SoundNews): void {
  for (const client of clients) {
    if (client.sound === undefined) {
      continue;
    }
    if (sound.is === 'speaker') {
      client.send('onActiveSpeaker', { id: sound.news.streamId });
    } else if (client.sound === 'levels' && client.connected) {
      const levels = sound.news.levels.map(({ streamId: id, level_dBov }) => ({ id, level_dBov }));
      client.send('onAudioLevels', { levels });
    }
  }
}
