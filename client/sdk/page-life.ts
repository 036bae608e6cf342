/** What a window tells of the life of its page (HTML, section 7.4.6: `pagehide` and `pageshow`). */
export interface Page {
  addEventListener(type: PageEvent, listener: PageListener): void;
  removeEventListener(type: PageEvent, listener: PageListener): void;
}

type PageEvent = 'pagehide' | 'pageshow';
/** `persisted`: the page is kept as it is, and may come back. */
type PageListener = (event: { readonly persisted: boolean }) => void;

/** A room, as far as it has to do with the life of a page. */
export interface PagedRoom {
  leave(): void;
  /** Resolves when the room is over for us, however that came. */
  readonly ended: Promise<void>;
  /** The browser has brought the page back from its cache: those who wait for news of the room are told that it was left. */
  handlePageBack(): void;
}

/**
 * Leaves the room when the page goes: without a word of ours the controller would keep our streams until it gives up
 * waiting. A page that comes back from where its browser kept it is told that it was left. Nothing of it stays.
 */
export function followPage(page: Page, room: PagedRoom): void {
  const onShow: PageListener = ({ persisted }) => {
    page.removeEventListener('pageshow', onShow);
    if (persisted) {
      room.handlePageBack();
    }
  };
  const onHide: PageListener = ({ persisted }) => {
    page.removeEventListener('pagehide', onHide);
    if (persisted) {
      page.addEventListener('pageshow', onShow);
    }
    room.leave();
  };
  page.addEventListener('pagehide', onHide);
  void room.ended.then(() => page.removeEventListener('pagehide', onHide));
}
