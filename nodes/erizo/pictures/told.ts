export interface PictureSize {
  width: number;
  height: number;
}

/** What the payload of one RTP packet tells of the pictures of its video. */
export interface Told {
  /** Which temporal layer the packet is of; 0 where there are none. */
  temporal: number;
  /** Of a key frame, the lowest spatial layer first. */
  sizes: readonly PictureSize[];
}
