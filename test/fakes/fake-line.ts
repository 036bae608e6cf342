import type { ChannelLine } from '../../nodes/controller/channel.ts';

/** The connection of a client, with as much on its way as a test says. */
export class FakeLine implements ChannelLine {
  unsent_bytes = 0;
  isCut = false;

  paidBy(): void {}

  cut(): void {
    this.isCut = true;
  }
}
