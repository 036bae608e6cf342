import { readWish, wishAddress } from './wish.ts';
import type { Wish } from './wish.ts';

/** As much of `sessionStorage` as is needed. */
export type TabStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const key = 'rizoma.rejoin';

/** What the tab keeps over a reload and no link can write; undefined where the browser refuses it. */
export function tabStore(): TabStore | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

/** Somebody pressed Rejoin: the page joins by itself when it is opened for this wish next. */
export function rememberRejoin(store: TabStore | undefined, wish: Wish): void {
  try {
    store?.setItem(key, wishAddress(wish));
  } catch {
    // A full store costs one more click.
  }
}

/** Whether Rejoin was pressed for this wish, once: any other address waits for a click on Join. */
export function takeRejoin(store: TabStore | undefined, wish: Wish): boolean {
  const address = store?.getItem(key);
  store?.removeItem(key);
  return address === wishAddress(wish);
}

/** The wish of the form that leads to another region. */
export function wishOfForm(fields: FormData): Wish {
  const query = new URLSearchParams();
  for (const [name, value] of fields) {
    query.append(name, typeof value === 'string' ? value : '');
  }
  return readWish(query.toString(), Math.random);
}
